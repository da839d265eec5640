"""Oneofs: the member that a discriminator names, in the row or behind a to-one, and a key for each member."""


def test_the_discriminator_names_the_member(shapes):
    answer, statements = shapes.counted("Polymorphic/ListTaggings", ["id", "photo.url", "note.body"])
    assert answer["taggings"] == [
        {"id": 1, "photo": {"url": "a.png"}}, {"id": 2, "note": {"body": "one"}}, {"id": 3}, {"id": 4}, {"id": 5}]
    assert statements == 3


def test_a_mask_may_take_some_members(shapes):
    answer, statements = shapes.counted("Polymorphic/ListTaggings", ["id", "note.body"])
    assert answer["taggings"] == [{"id": 1}, {"id": 2, "note": {"body": "one"}}, {"id": 3}, {"id": 4}, {"id": 5}]
    assert statements == 2


def test_a_member_that_no_row_has_takes_no_statement(shapes):
    answer, statements = shapes.counted("Polymorphic/GetTagging", ["id", "photo.url", "note.body"], id=2)
    assert answer == {"id": 2, "note": {"body": "one"}}
    assert statements == 2


def test_a_discriminator_behind_a_parent(shapes):
    answer, statements = shapes.counted("Polymorphic/ListTaggings",
                                        ["id", "object_photo.url", "object_note.body", "content_type.model"])
    assert answer["taggings"] == [
        {"id": 1, "content_type": {"model": "photos"}, "object_photo": {"url": "b.png"}},
        {"id": 2, "content_type": {"model": "notes"}, "object_note": {"body": "two"}},
        {"id": 3, "content_type": {"model": "videos"}},
        {"id": 4},
        {"id": 5, "content_type": {"model": "photos"}},
    ]
    assert statements == 3


def test_a_key_for_each_member(shapes):
    answer, statements = shapes.counted("Polymorphic/ListTaggings", ["id", "own_photo.url", "own_note.body"])
    assert answer["taggings"] == [
        {"id": 1, "own_photo": {"url": "a.png"}}, {"id": 2, "own_note": {"body": "two"}}, {"id": 3}, {"id": 4}, {"id": 5}]
    assert statements == 1


def test_filters_and_orders_go_through_members(shapes):
    def ids(**fields):
        return [tagging["id"] for tagging in shapes.call("Polymorphic/ListTaggings", ["id"], **fields).get("taggings", [])]

    assert ids(filter="photo:*") == [1]
    assert ids(filter='note.body = "one"') == [2]
    assert ids(filter='object_note.body:"two"') == [2]
    assert ids(filter="NOT object_photo:*") == [2, 3, 4, 5]
    assert ids(order_by="object_photo.url desc, photo.url")[-1] == 1


def test_an_unknown_discriminator_is_a_counted_warning(shapes):
    def warnings():
        return [(entry["oneof"], entry["rows"]) for entry in shapes.server.entries("unknown discriminator")]

    before = len(warnings())
    shapes.call("Polymorphic/ListTaggings", ["photo.url", "object_photo.url"])
    shapes.call("Polymorphic/GetTagging", ["photo.url"], id=1)
    assert sorted(warnings()[before:]) == [("object", 1), ("subject", 1)]
