"""What a mask selects: CONTRACT section 3, and the levels of section 5."""

OF_LISTS = ("has_more", "next_page_token")


class Selection(dict):
    """{field: the Selection below a relation, or None}."""

    def __init__(self):
        super().__init__()
        self.depth = 1         # levels of the relation that leads here
        self.recurs = False    # whether each of its levels is this selection again
        self.spelled = False   # whether a path names the next level itself
        self.arguments = None  # of the list that leads here


def selection_of(world, request):
    """What a request selects, its nested arguments in their places; KeyError for those of what is not selected."""
    resource = world.resources[request.resource]
    declared = (resource.list_mask if request.method in ("List", "Stream") else []) or resource.default_mask
    chosen = Selection()
    for path in request.mask or declared or ["*"]:
        _select(world, resource, chosen, path.split("."), not request.mask)
    _find_levels(world, resource, chosen)
    for path, arguments in request.lists.items():
        below = chosen
        for step in path.split("."):
            below = below[step]
        below.arguments = arguments
        if below.recurs and arguments.max_depth:
            below.depth = min(below.depth, arguments.max_depth)
    return chosen


def _select(world, resource, chosen, path, within_default, above=None):
    """`above`: (resource, relation, selection below it) of the step before."""
    name, rest = path[0], path[1:]
    if name == "*" and rest:
        _select(world, resource, chosen, rest, within_default, above)
        return
    if name == "*":
        for field in resource.fields:
            if field.role not in ("relation", *OF_LISTS):
                _select(world, resource, chosen, [field.name], within_default)
        return
    field = resource.field(name)
    if above and above[:2] == (resource.name, name):
        above[2].spelled = True
    if field.role in OF_LISTS:
        _select_list(resource, chosen, field.path)
    elif field.role == "embed":
        _select(world, world.target(field), chosen.setdefault(name, Selection()), rest or ["*"], within_default)
    elif field.role == "relation":
        _select_relation(world, resource, chosen, field, rest, within_default)
    else:
        assert not rest
        chosen[name] = None


def _select_list(resource, chosen, name):
    """The relation with nothing of its rows; with a list what tells of it."""
    chosen.update({field.name: None for field in resource.fields if field.role in OF_LISTS and field.path == name})
    return chosen.setdefault(name, Selection())


def _select_relation(world, resource, chosen, field, rest, within_default):
    target = world.target(field)
    below = _select_list(resource, chosen, field.name)
    if rest:
        _select(world, target, below, rest, within_default, (resource.name, field.name, below))
        return
    for path in ["*"] if within_default else target.default_mask or ["*"]:
        _select(world, target, below, path.split("."), True)


def _find_levels(world, resource, chosen, spelled="", of=""):
    """How deep each relation goes.  `of` is the relation whose every level this is, `spelled` one whose levels paths
    name."""
    for name, below in chosen.items():
        field = resource.field(name)
        if field.role != "relation" or name == of:
            continue
        most = field.relation.max_depth
        below.recurs = most > 1 and not below.spelled and name != spelled
        below.depth = most if below.recurs else 1
        _find_levels(world, world.target(field), below, name if most > 1 and not below.recurs else "",
                     name if below.recurs else "")


def relations(world, resource, chosen, of=""):
    """(path, field, selection below) of each relation that is fetched; the levels of one that recurs are one."""
    for name, below in chosen.items():
        field = resource.field(name)
        if field.role != "relation" or name == of:
            continue
        yield (name,), field, below
        for path, deeper, its in relations(world, world.target(field), below, name if below.recurs else ""):
            yield (name, *path), deeper, its


def paths_of(world, resource, chosen, of=""):
    """Paths that select the same; StopIteration where none do."""
    for name, below in chosen.items():
        field = resource.field(name)
        if field.role in OF_LISTS or name == of:
            continue
        if below is None:
            yield name
        elif below:
            yield from (f"{name}.{path}" for path in
                        paths_of(world, world.target(field), below, name if below.recurs else ""))
        else:
            yield next(other.name for other in resource.fields if other.role in OF_LISTS and other.path == name)
