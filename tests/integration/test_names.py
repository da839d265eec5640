"""Names that mean something to SQL, and values that look like SQL."""


def test_reserved_words_quoted_names_and_another_schema(cases):
    answer, statements = cases.counted("Names/ListOrders", ["select", "group", "quoted", "from.end", "from.user"])
    assert answer["orders"] == [
        {"select": 1, "group": "soup", "quoted": "x'y", "from": {"end": 1, "user": "dining"}},
        {"select": 2, "group": "salad", "quoted": "$1; --"},
        {"select": 3, "group": "cake", "quoted": "é", "from": {"end": 1, "user": "dining"}},
    ]
    assert statements == 1


def test_lists_under_such_names(cases):
    answer, statements = cases.counted("Names/ListTables", ["user", "orders.group"])
    assert answer["tables"] == [{"user": "dining", "orders": [{"group": "soup"}, {"group": "cake"}]}, {"user": "side"}]
    assert statements == 2


def test_look_up_filter_and_order_under_such_names(cases):
    assert cases.call("Names/GetOrder", ["group"], select=2) == {"group": "salad"}
    answer = cases.call("Names/ListOrders", ["select"], filter='quoted = "$1; --" OR quoted = "x\'y"', order_by="group desc")
    assert answer["orders"] == [{"select": 1}, {"select": 2}]


def test_a_relation_named_like_a_column(cases):
    answer, statements = cases.counted("Names/ListParcels", ["owner.name", "owner_key", "carrier.name", "carrier_name"])
    assert answer["parcels"] == [
        {"owner": {"name": "Vic"}, "owner_key": 2, "carrier": {"name": "Wim"}, "carrier_name": "by hand"},
        {"carrier_name": "by post"},
    ]
    assert statements == 1
