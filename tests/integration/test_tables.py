"""Views, partitions, inheritance, several schemas, and composite keys that share a column or are half NULL."""


def test_a_view_by_its_declared_key(shapes):
    answer, statements = shapes.counted("Tables/ListCustomerTotals", ["*", "customer.full_name", "purchases.id"])
    assert answer["customer_totals"] == [
        {"customer_id": 1, "n_orders": 2, "customer": {"full_name": "Ann Ash"}, "purchases": [{"id": 1}, {"id": 2}]},
        {"customer_id": 2, "n_orders": 1, "customer": {"full_name": "Bob Birch"}, "purchases": [{"id": 3}]},
        {"customer_id": 3, "customer": {"full_name": "Cid Cedar"}},
    ]
    assert statements == 2


def test_a_relation_to_a_view(shapes):
    answer = shapes.call("Tables/ListPurchases", ["id", "total.n_orders"])
    assert answer["purchases"] == [{"id": 1, "total": {"n_orders": 2}}, {"id": 2, "total": {"n_orders": 2}},
                                   {"id": 3, "total": {"n_orders": 1}}, {"id": 4}]


def test_partitioned_tables_with_keys_of_their_own_and_of_each_partition(shapes):
    answer, statements = shapes.counted("Tables/ListPurchases", ["id", "payments.cents", "refunds.day"])
    assert answer["purchases"] == [
        {"id": 1, "payments": [{"cents": 100}, {"cents": 200}], "refunds": [{"day": "2025-05-06"}]}, {"id": 2},
        {"id": 3, "payments": [{"cents": 300}], "refunds": [{"day": "2026-06-07"}]}, {"id": 4}]
    assert statements == 3


def test_a_page_over_partitions(shapes):
    first = shapes.call("Tables/ListPayments", ["id", "order.id"], page_size=2, order_by="day desc")
    assert first["payments"] == [{"id": 2, "order": {"id": 1}}, {"id": 3, "order": {"id": 3}}]
    rest = shapes.call("Tables/ListPayments", ["id", "order.id"], page_size=2, order_by="day desc",
                       page_token=first["next_page_token"])
    assert rest == {"payments": [{"id": 1, "order": {"id": 1}}]}


def test_a_child_s_rows_are_its_parent_s_too(shapes):
    answer = shapes.call("Tables/ListVehicles", ["name", "owner.full_name"])
    assert answer["vehicles"] == [{"name": "bike", "owner": {"full_name": "Ann Ash"}}, {"name": "lorry", "owner": {"full_name": "Ann Ash"}}]
    answer = shapes.call("Tables/ListTrucks", ["name", "tons", "owner.full_name"])
    assert answer["trucks"] == [{"name": "lorry", "tons": 7, "owner": {"full_name": "Ann Ash"}}]


def test_tables_of_one_name_in_two_schemas(shapes):
    answer = shapes.call("Tables/ListArchivedOrders", ["id", "live.id", "customer.full_name"])
    assert answer["archived_orders"] == [{"id": 1, "live": {"id": 3}, "customer": {"full_name": "Bob Birch"}},
                                         {"id": 2, "customer": {"full_name": "Bob Birch"}}]
    answer = shapes.call("Tables/ListPurchases", ["id", "archived_orders.id"], filter="id > 2")
    assert answer["purchases"] == [{"id": 3, "archived_orders": [{"id": 1}]}, {"id": 4}]


def test_composite_keys_that_share_a_column(shapes):
    answer = shapes.call("Tables/ListLessons", ["id", "teacher.name", "classroom.name"])
    assert answer["lessons"] == [
        {"id": 1, "teacher": {"name": "Mr N"}, "classroom": {"name": "north 1"}},
        {"id": 2, "teacher": {"name": "Ms S"}, "classroom": {"name": "south 2"}},
        {"id": 3, "classroom": {"name": "south 1"}},
        {"id": 4},
        {"id": 5, "teacher": {"name": "Ms S"}},
    ]


def test_lists_below_them(shapes):
    answer = shapes.call("Tables/ListTeachers", ["name", "lessons.id", "lessons.classroom.name"])
    assert answer["teachers"] == [
        {"name": "Mr N", "lessons": [{"id": 1, "classroom": {"name": "north 1"}}]},
        {"name": "Ms S", "lessons": [{"id": 2, "classroom": {"name": "south 2"}}, {"id": 5}]}]
    answer = shapes.call("Tables/ListClassrooms", ["name", "lessons.teacher.name"])
    assert answer["classrooms"] == [
        {"name": "north 1", "lessons": [{"teacher": {"name": "Mr N"}}]}, {"name": "south 1", "lessons": [{}]},
        {"name": "south 2", "lessons": [{"teacher": {"name": "Ms S"}}]}]


def test_filters_through_half_a_key(shapes):
    answer = shapes.call("Tables/ListLessons", ["id"], filter="NOT teacher:*")
    assert answer["lessons"] == [{"id": 3}, {"id": 4}]
