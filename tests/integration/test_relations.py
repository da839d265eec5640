"""Every cardinality, both ways, and chains of them: what comes back, and how many statements it took.

A statement for the root and one for each list below it; single parents and children come with their neighbour's rows.
"""


def test_a_plain_list_is_one_statement(cases):
    answer, statements = cases.counted("Library/ListPublishers", ["id", "name"])
    assert answer == {"publishers": [{"id": 1, "name": "North"}, {"id": 2, "name": "South"}, {"id": 3, "name": "Idle"}]}
    assert statements == 1


def test_many_to_many_forward(cases):
    answer, statements = cases.counted("Library/ListBooks", ["title", "authors.name"])
    assert answer["books"] == [
        {"title": "Poems", "authors": [{"name": "Ada"}, {"name": "Bo"}, {"name": "Cy"}]},
        {"title": "Essays", "authors": [{"name": "Ada"}]},
        {"title": "Letters", "authors": [{"name": "Cy"}]},
        {"title": "Maps", "authors": [{"name": "Di"}]},
        {"title": "Plays", "authors": [{"name": "Bo"}]},
    ]
    assert statements == 2


def test_many_to_many_reverse(cases):
    answer, statements = cases.counted("Library/ListAuthors", ["name", "books.title"])
    assert answer["authors"] == [
        {"name": "Ada", "books": [{"title": "Poems"}, {"title": "Essays"}]},
        {"name": "Bo", "books": [{"title": "Poems"}, {"title": "Plays"}]},
        {"name": "Cy", "books": [{"title": "Poems"}, {"title": "Letters"}]},
        {"name": "Di", "books": [{"title": "Maps"}]},
    ]
    assert statements == 2


def test_foreign_key_forward_rides_with_its_child(cases):
    answer, statements = cases.counted("Library/ListBooks", ["title", "publisher.name"])
    assert answer["books"] == [
        {"title": "Poems", "publisher": {"name": "North"}},
        {"title": "Essays", "publisher": {"name": "North"}},
        {"title": "Letters", "publisher": {"name": "South"}},
        {"title": "Maps"},
        {"title": "Plays", "publisher": {"name": "North"}},
    ]
    assert statements == 1


def test_foreign_key_reverse(cases):
    answer, statements = cases.counted("Library/ListPublishers", ["name", "books.title"])
    assert answer["publishers"] == [
        {"name": "North", "books": [{"title": "Poems"}, {"title": "Essays"}, {"title": "Plays"}]},
        {"name": "South", "books": [{"title": "Letters"}]},
        {"name": "Idle"},
    ]
    assert statements == 2


def test_foreign_key_reverse_over_a_named_column(cases):
    answer, statements = cases.counted("Library/ListBooks", ["title", "first_time_authors.name"], page_size=3)
    assert answer["books"] == [
        {"title": "Poems", "first_time_authors": [{"name": "Ada"}, {"name": "Bo"}]},
        {"title": "Essays"},
        {"title": "Letters", "first_time_authors": [{"name": "Cy"}]},
    ]
    assert statements == 2


def test_one_to_one_forward(cases):
    answer, statements = cases.counted("Library/ListBiographies", ["text", "author.name"])
    assert answer["biographies"] == [
        {"text": "Ada wrote first.", "author": {"name": "Ada"}},
        {"text": "Cy wrote letters.", "author": {"name": "Cy"}},
    ]
    assert statements == 1


def test_one_to_one_reverse_with_and_without_a_match(cases):
    answer, statements = cases.counted("Library/ListAuthors", ["name", "biography.text"])
    assert answer["authors"] == [
        {"name": "Ada", "biography": {"text": "Ada wrote first."}},
        {"name": "Bo"},
        {"name": "Cy", "biography": {"text": "Cy wrote letters."}},
        {"name": "Di"},
    ]
    assert statements == 1


def test_one_to_one_reverse_without_a_match_takes_no_further_statement(cases):
    answer, statements = cases.counted("Library/GetAuthor", ["name", "biography"], id=2)
    assert answer == {"name": "Bo"}
    assert statements == 1


def test_many_to_many_below_many_to_many(cases):
    answer, statements = cases.counted("Library/ListAuthors", ["name", "books.title", "books.readers.name"])
    assert answer["authors"] == [
        {"name": "Ada", "books": [{"title": "Poems", "readers": [{"name": "Rita"}, {"name": "Sam"}]},
                                  {"title": "Essays", "readers": [{"name": "Sam"}]}]},
        {"name": "Bo", "books": [{"title": "Poems", "readers": [{"name": "Rita"}, {"name": "Sam"}]}, {"title": "Plays"}]},
        {"name": "Cy", "books": [{"title": "Poems", "readers": [{"name": "Rita"}, {"name": "Sam"}]}, {"title": "Letters"}]},
        {"name": "Di", "books": [{"title": "Maps", "readers": [{"name": "Rita"}]}]},
    ]
    assert statements == 3


def test_many_to_many_below_a_foreign_key(cases):
    answer, statements = cases.counted("Library/ListAuthors", ["name", "first_book.title", "first_book.readers.name"])
    assert answer["authors"] == [
        {"name": "Ada", "first_book": {"title": "Poems", "readers": [{"name": "Rita"}, {"name": "Sam"}]}},
        {"name": "Bo", "first_book": {"title": "Poems", "readers": [{"name": "Rita"}, {"name": "Sam"}]}},
        {"name": "Cy", "first_book": {"title": "Letters"}},
        {"name": "Di", "first_book": {"title": "Maps", "readers": [{"name": "Rita"}]}},
    ]
    assert statements == 2


def test_foreign_key_below_a_list(cases):
    answer, statements = cases.counted("Library/ListReaders", ["name", "books.title", "books.publisher.name"])
    assert answer["readers"] == [
        {"name": "Rita", "books": [{"title": "Poems", "publisher": {"name": "North"}}, {"title": "Maps"}]},
        {"name": "Sam", "books": [{"title": "Poems", "publisher": {"name": "North"}},
                                  {"title": "Essays", "publisher": {"name": "North"}}]},
        {"name": "Tom"},
    ]
    assert statements == 2


def test_two_lists_of_one_parent(cases):
    answer, statements = cases.counted("Library/GetBook", ["title", "authors.name", "readers.name"], id=1)
    assert answer == {"title": "Poems", "authors": [{"name": "Ada"}, {"name": "Bo"}, {"name": "Cy"}],
                      "readers": [{"name": "Rita"}, {"name": "Sam"}]}
    assert statements == 3


def test_five_levels(cases):
    mask = ["publisher.books.authors.books.readers.name"]
    answer, statements = cases.counted("Library/GetBook", mask, id=3)
    assert answer == {"publisher": {"books": [{"authors": [{"books": [
        {"readers": [{"name": "Rita"}, {"name": "Sam"}]}, {}]}]}]}}
    assert statements == 5


def test_no_parents_no_statements_for_children(cases):
    answer, statements = cases.counted("Library/ListBooks", ["title", "readers.books.title"], filter='title = "none"')
    assert answer == {}
    assert statements <= 3


def test_the_same_child_under_two_parents_appears_under_both(cases):
    answer = cases.call("Library/ListBooks", ["authors.id"], page_size=2)
    assert answer["books"] == [{"authors": [{"id": 1}, {"id": 2}, {"id": 3}]}, {"authors": [{"id": 1}]}]


def test_a_scalar_pulled_up_from_a_parent(cases):
    answer, statements = cases.counted("Library/ListBooks", ["title", "publisher_name"], page_size=4)
    assert answer["books"] == [{"title": "Poems", "publisher_name": "North"}, {"title": "Essays", "publisher_name": "North"},
                               {"title": "Letters", "publisher_name": "South"}, {"title": "Maps"}]
    assert statements == 1


def test_a_scalar_pulled_up_from_a_grandparent(cases):
    answer, statements = cases.counted("Library/ListAuthors", ["name", "first_publisher_name"])
    assert answer["authors"] == [
        {"name": "Ada", "first_publisher_name": "North"}, {"name": "Bo", "first_publisher_name": "North"},
        {"name": "Cy", "first_publisher_name": "South"}, {"name": "Di"}]
    assert statements == 1


def test_a_pulled_up_scalar_does_not_take_its_parents_path_away(cases):
    answer, statements = cases.counted("Library/GetBook", ["publisher_name", "publisher.id"], id=1)
    assert answer == {"publisher_name": "North", "publisher": {"id": 1}}
    assert statements == 1


def test_counts_and_other_aggregates(cases):
    mask = ["name", "book_count", "long_book_count", "most_pages", "least_pages", "all_pages", "average_pages", "publishes"]
    answer, statements = cases.counted("Library/ListPublishers", mask)
    north, south, idle = answer["publishers"]
    assert float(north.pop("average_pages")) == 530 / 3
    assert float(south.pop("average_pages")) == 210
    assert north == {"name": "North", "book_count": 3, "long_book_count": 2, "most_pages": 300, "least_pages": 80,
                     "all_pages": 530, "publishes": True}
    assert south == {"name": "South", "book_count": 1, "long_book_count": 1, "most_pages": 210, "least_pages": 210,
                     "all_pages": 210, "publishes": True}
    assert idle == {"name": "Idle"}
    assert statements == 1


def test_a_limit_counts_per_parent_and_says_when_it_cut(cases):
    answer, statements = cases.counted("Library/ListPublishers", ["name", "newest.title"])
    assert answer["publishers"] == [
        {"name": "North", "newest": [{"title": "Plays"}, {"title": "Essays"}], "newest_has_more": True},
        {"name": "South", "newest": [{"title": "Letters"}]},
        {"name": "Idle"},
    ]
    assert statements == 2


def test_a_limited_list_and_the_full_one_do_not_share_their_rows(cases):
    answer, statements = cases.counted("Library/GetPublisher", ["books.title", "newest.title"], id=1)
    assert answer == {"books": [{"title": "Poems"}, {"title": "Essays"}, {"title": "Plays"}],
                      "newest": [{"title": "Plays"}, {"title": "Essays"}], "newest_has_more": True}
    assert statements == 3
