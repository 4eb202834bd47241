"""Every maximum in the product, each with its reason. Sizes are bytes, times are seconds unless the name says otherwise."""

# What a request may weigh. A card token is 300 bytes; 1 MiB is generous for every form the API takes.
BODY_BYTES_MAX = 1024 * 1024
URL_BYTES_MAX = 8 * 1024
PARAMETERS_MAX = 1_000
NESTING_MAX = 16
ARRAY_ITEMS_MAX = 1_000
ARRAY_INDEX_MAX = 9_999
BODY_READ_SECONDS_MAX = 15
HANDLER_SECONDS_MAX = 30

# What an upload may weigh: the file, and the body it comes in, whose other parts are a form like any other.
FILE_BYTES_MAX = 16 * 1024 * 1024
UPLOAD_BYTES_MAX = FILE_BYTES_MAX + BODY_BYTES_MAX
# A photograph of a passport over a slow mobile line takes this long; the handler's time starts with the first byte too.
UPLOAD_READ_SECONDS_MAX = 25
# All uploads of one process together, while they are read and stored. Past it: 503 with Retry-After.
UPLOADS_BYTES_MAX = 128 * 1024 * 1024
PART_HEADERS_MAX = 8
PART_HEADER_BYTES_MAX = 4 * 1024
FILENAME_LENGTH_MAX = 255

# What a value may weigh. 5000 is Stripe's documented maximum for a plain string.
STRING_LENGTH_MAX = 5_000
INTEGER_DIGITS_MAX = 18
METADATA_KEYS_MAX = 50
METADATA_KEY_LENGTH_MAX = 40
METADATA_VALUE_LENGTH_MAX = 500
IDEMPOTENCY_KEY_LENGTH_MAX = 255

# What an answer may weigh.
EXPAND_DEPTH_MAX = 4
EXPAND_PATHS_MAX = 20
PAGE_SIZE_MAX = 100
PAGE_SIZE_DEFAULT = 10

# What an echoed fragment of bad input may show (it goes back to the caller only).
ECHO_LENGTH_MAX = 200
ECHO_DIGITS_MAX = 8

# How many objects one search opens and looks at: a second or so of one processor.
SEARCHED_MAX = 20_000

# What a customer may owe or be owed: twelve digits of the currency's smallest unit, as in Stripe's largest amounts.
BALANCE_MAX = 999_999_999_999

# How long things live.
IDEMPOTENCY_SECONDS = 24 * 3600
TOKEN_SECONDS = 24 * 3600
# A token that was spent still says what it was spent on, and that it was; a month is long enough to ask.
USED_TOKEN_SECONDS = 30 * 24 * 3600
# The number of a card that was detached, for which nobody has a use any more.
DETACHED_SECONDS = 30 * 24 * 3600
SECURITY_CODE_SECONDS = 15 * 60
# Seen on the wire: whoever has not followed an account link by then asks for another.
ACCOUNT_LINK_SECONDS = 300
EVENT_SECONDS = 30 * 24 * 3600

# How much may wait. Past it the caller is told to come back: 503 with Retry-After.
WRITES_WAITING_MAX = 4_096
COMMIT_ATTEMPTS_MAX = 5
# What was answered by somebody outside is true whatever others do meanwhile, so it is tried longer.
FINISH_ATTEMPTS_MAX = 20
