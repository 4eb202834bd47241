"""Files end with their keys and their content, and `check` finds those that were tampered with: on both engines."""

import pytest

from support.documents import BOUNDARY, png, upload
from support.scene import NOW, name_of, play

__all__ = ["play"]

UPLOAD = b"multipart/form-data; boundary=" + BOUNDARY.encode()
DAY = 24 * 3600


@pytest.fixture
def uploads(play):
    """Play a story in which `scene.upload(purpose, content)` sends a file and returns it."""

    def run(story):
        async def with_uploads(scene):
            async def upload_one(purpose="dispute_evidence", content=None):
                body = upload(content or png(150_000), purpose)
                return await scene.call("POST", "/v1/files", body, content_type=UPLOAD)

            scene.upload = upload_one
            await story(scene)

        play(with_uploads)

    return run


def test_a_file_is_gone_with_its_key_and_content_when_its_time_is_over(uploads):
    async def story(scene):
        kept = await scene.upload("business_icon")
        file = await scene.upload()
        assert file["expires_at"] == NOW + 270 * DAY
        scene.house.clock.advance(270 * DAY - 1)
        await scene.reaper.reap()
        assert await scene.call("GET", f"/v1/files/{file['id']}") == file
        assert len(await scene.rows("file_segments")) == 6

        scene.house.clock.advance(1)
        missing = await scene.call("GET", f"/v1/files/{file['id']}", status=404)
        assert missing["error"]["code"] == "resource_missing"
        await scene.call("GET", f"/v1/files/{file['id']}/contents", status=404)
        await scene.reaper.reap()

        assert [row.id for row in await scene.rows("files")] == [kept["id"]]
        assert len(await scene.rows("records")) == 1
        assert {row.columns["file"] for row in await scene.rows("file_segments")} == {kept["id"]}
        assert await scene.faults() == []

    uploads(story)


def test_many_files_end_at_once(uploads):
    async def story(scene):
        for _ in range(11):
            await scene.upload(content=png(70_000))
        scene.house.clock.advance(270 * DAY)
        await scene.reaper.reap()
        assert [await scene.rows(table) for table in ("files", "records", "file_segments")] == [[], [], []]

    uploads(story)


async def lose_a_segment(scene, segments):
    await scene.remove(segments[1])


async def lose_the_last_segment(scene, segments):
    await scene.remove(segments[2])


async def swap_two_segments(scene, segments):
    await scene.change(segments[0], doc=segments[1].doc)
    await scene.change(segments[1], doc=segments[0].doc)


async def damage_a_segment(scene, segments):
    await scene.change(segments[2], doc=segments[2].doc[:-1] + bytes([segments[2].doc[-1] ^ 1]))


async def say_it_was_shorter(scene, segments):
    """Cut the file off after its first segment and make the row agree, as whoever writes to the database could."""
    await scene.change(await scene.row("files"), size=65_536)
    await scene.remove(segments[1])
    await scene.remove(segments[2])


async def say_it_was_a_little_shorter(scene, segments):
    await scene.change(await scene.row("files"), size=149_999)


@pytest.mark.parametrize(
    "harm",
    [
        lose_a_segment,
        lose_the_last_segment,
        swap_two_segments,
        damage_a_segment,
        say_it_was_shorter,
        say_it_was_a_little_shorter,
    ],
)
def test_a_file_that_was_tampered_with_is_found_and_not_handed_out(uploads, harm):
    async def story(scene):
        file = await scene.upload()
        assert await scene.faults() == []
        await harm(scene, await scene.rows("file_segments"))

        row = await scene.row("files")
        assert await scene.faults() == [f"{name_of(row)} has content that does not open"]
        failed = await scene.call("GET", f"/v1/files/{file['id']}/contents", status=500)
        assert failed["error"]["type"] == "api_error"

    uploads(story)


def test_two_files_that_have_swapped_their_keys_do_not_open(uploads):
    async def story(scene):
        for _ in range(2):
            await scene.upload()
        one, other = await scene.rows("files")
        await scene.change(one, record=other.columns["record"])
        await scene.change(other, record=one.columns["record"])
        assert await scene.faults() == [
            f"{name_of(row)} has content that does not open" for row in (one, other)
        ]

    uploads(story)


def test_a_segment_of_no_file_and_a_file_without_its_key_are_found(uploads):
    async def story(scene):
        await scene.upload(content=png())
        await scene.upload(content=png())
        first, second = await scene.rows("files")
        await scene.remove(first)
        await scene.remove(
            next(row for row in await scene.rows("records") if row.id == second.columns["record"])
        )
        (stray, _) = await scene.rows("file_segments")

        scene.house.clock.advance(DAY + 1)
        assert sorted(await scene.faults()) == sorted(
            [
                f"{name_of(stray)} is a part of no file",
                f"{name_of(second)} has content that does not open",
                f"{name_of(second)} refers to a vaulted value that is gone",
                f"records {first.columns['record']} of {first.account} (test) is a vaulted value that nothing refers to",
            ]
        )

    uploads(story)
