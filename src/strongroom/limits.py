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

# How far `total_count` counts; Stripe's documentation of searches: accurate up to ten thousand.
COUNTED_MAX = 10_000

# How many PaymentMethods a customer may have unless the operator says otherwise, and how many requests may be attaching
# one at the same moment before they begin to wait for each other; Stripe has a limit and does not publish it.
CUSTOMER_PAYMENT_METHODS_MAX = 1_000
ATTACHED_AT_ONCE = 64

# How many clocks an account has, how many customers live by one, and how far and how long one goes; documented.
TEST_CLOCKS_MAX = 100
TEST_CLOCK_CUSTOMERS_MAX = 3
TEST_CLOCK_ADVANCE_YEARS_MAX = 2
TEST_CLOCK_SECONDS = 30 * 24 * 3600

# All that can be said against a dispute, in characters; documented.
EVIDENCE_TOTAL_MAX = 150_000

# How many webhook endpoints an account has in a mode; documented.
WEBHOOK_ENDPOINTS_MAX = 16
# How long sending one webhook may take, looking its host up included, and connecting alone; documented as some seconds.
WEBHOOK_SECONDS_MAX = 10
WEBHOOK_CONNECT_SECONDS_MAX = 3
# How much of an endpoint's answer is read, and how much of that is kept for whoever looks at the delivery.
WEBHOOK_ANSWER_BYTES_MAX = 16 * 1024
WEBHOOK_ANSWER_SHOWN_MAX = 1_024
# Sixteen endpoints of an account and as many of its platform, and some sent again.
DELIVERIES_SHOWN_MAX = 100

# How far a test may move its account's clock: ten years, and every time still fits where it is kept.
CLOCK_AHEAD_SECONDS_MAX = 10 * 365 * 24 * 3600

# How long things live.
IDEMPOTENCY_SECONDS = 24 * 3600
TOKEN_SECONDS = 24 * 3600
# As in the published sample of one.
CONFIRMATION_TOKEN_SECONDS = 12 * 3600
# How long a browser may claim what a customer session lets it do, and how many saved methods one shows at most; documented.
CUSTOMER_SESSION_SECONDS = 30 * 60
REDISPLAYED_MAX = 10
# Documented: a phone asks for another when it is over. For a day it is said of a key that it has ended.
EPHEMERAL_KEY_SECONDS = 3600
EPHEMERAL_KEY_REMEMBERED_SECONDS = 24 * 3600
# A token that was spent still says what it was spent on, and that it was; a month is long enough to ask.
USED_TOKEN_SECONDS = 30 * 24 * 3600
# The number of a card that was detached, for which nobody has a use any more.
DETACHED_SECONDS = 30 * 24 * 3600
SECURITY_CODE_SECONDS = 15 * 60
# Seen on the wire: whoever has not followed an account link by then asks for another.
ACCOUNT_LINK_SECONDS = 300
# How long whoever has followed one may take to fill a page in.
ONBOARDING_SESSION_SECONDS = 3600
# How long an account has for what a test card makes due; Stripe gives weeks.
PRESSED_SECONDS = 30 * 24 * 3600
EVENT_SECONDS = 30 * 24 * 3600

# How much may wait. Past it the caller is told to come back: 503 with Retry-After.
WRITES_WAITING_MAX = 4_096
COMMIT_ATTEMPTS_MAX = 5

# The dashboard. A session ends when nobody has used it, and at the latest after a working day.
SESSION_IDLE_SECONDS = 15 * 60
SESSION_SECONDS = 12 * 3600
# How often it is written down that a session is in use; a page should not cost a commit.
SESSION_TOUCH_SECONDS = 60
# For what could hurt, the second factor must have been shown this recently.
STEP_UP_SECONDS = 5 * 60
SETUP_SECONDS = 72 * 3600
PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 200
PASSWORDS_REMEMBERED = 4
# The first failures are free; then each waits twice as long as the last, and the tenth locks.
SIGN_IN_FREE_FAILURES = 3
SIGN_IN_FAILURES_MAX = 10
SIGN_IN_LOCK_SECONDS = 30 * 60
# Failures from one address before it has to wait, whatever names it tries, and how many addresses are remembered.
SIGN_IN_ADDRESS_FAILURES_MAX = 30
SIGN_IN_ADDRESS_SECONDS = 10 * 60
SIGN_IN_ADDRESSES_MAX = 10_000
# Each password that is checked takes 64 MiB.
PASSWORD_CHECKS_AT_ONCE = 2
PAGE_FORM_BYTES_MAX = 256 * 1024
PAGE_FORM_FIELDS_MAX = 2_000
NAME_LENGTH_MAX = 100
# What was answered by somebody outside is true whatever others do meanwhile, so it is tried longer.
FINISH_ATTEMPTS_MAX = 20
