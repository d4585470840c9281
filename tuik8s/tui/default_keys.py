"""The actions and their default keys. Destructive ones sit on capitals, and each asks before it acts."""

from __future__ import annotations

from tuik8s.tui.keys import KeyAction, KeyRegistry
from tuik8s.tui.view_keys import VIEW_KEYS

PODS = frozenset({"pods"})
NODES = frozenset({"nodes"})
ROLLOUTS = frozenset({"deployments.apps", "statefulsets.apps", "daemonsets.apps"})
SCALABLE = frozenset({"deployments.apps", "replicasets.apps", "statefulsets.apps"})
LOGGED = PODS | ROLLOUTS | {"replicasets.apps", "jobs.batch"}
DEPLOYMENTS = frozenset({"deployments.apps"})

_MOVE = [
    KeyAction(
        id="pane.next", footer=14, keys=("tab",), label="pane", help="Go to the next pane", group="Panes",
        scope="main",
    ),
    KeyAction(
        id="pane.previous", keys=("shift+tab",), label="pane back", help="Go to the previous pane",
        group="Panes", scope="main",
    ),
    KeyAction(
        id="pane.goto", footer=15,
        keys=("g",), label="go to", help="Go to a pane by its letter, or to the first row",
        group="Panes", scope="main",
    ),
    KeyAction(
        id="view.zoom", footer=16,
        keys=("z",), label="zoom", help="Let the pane fill the screen, or put it back",
        group="Panes", scope="main",
    ),
    KeyAction(
        id="view.peek", keys=("v",), label="peek", group="Panes", scope="main",
        help="On a small screen, choose what the strip below the table shows",
    ),
    KeyAction(
        id="nav.enter", footer=13, keys=("enter",), label="open", group="Panes", scope="main",
        help="Go into the row: to its Pods, to the logs of a Pod, the objects of a kind",
    ),
    KeyAction(
        id="nav.back", keys=("escape",), label="back", group="Panes", scope="main",
        help="Clear the filter, else go back to where you came from",
    ),
]  # fmt: skip

_SHOW = [
    KeyAction(
        id="view.command", footer=2, keys=(":",), label="command", group="Show", scope="main",
        help="Show a kind (`:cm`), an object (`:deploy web`), namespaces (`:ns a,b`)",
    ),
    KeyAction(
        id="view.kinds", keys=("ctrl+a",), label="kinds", group="Show", scope="main",
        help="Every kind that is served (`:api-resources`); enter shows its objects",
    ),
    KeyAction(
        id="view.filter", footer=3, keys=("/",), label="filter", group="Show", scope="main",
        help="Filter the table: text, `!text` for rows without it, `-l app=web` by label",
    ),
    KeyAction(
        id="view.faults", keys=("f",), label="faults only", group="Show", scope="main",
        help="Show only rows that need attention",
    ),
    KeyAction(
        id="view.events", keys=("E",), label="all events", group="Show", scope="main",
        help="Show all events, or only those of the selection",
    ),
    KeyAction(
        id="view.theme", keys=("t",), label="theme", group="Show", scope="app", help="Take the next theme",
    ),
    KeyAction(
        id="app.palette", footer=20, keys=("ctrl+p",), label="palette", group="Show", scope="app",
        action="command_palette", help="Search everything that can be done",
    ),
    KeyAction(
        id="app.help", footer=1, keys=("?",), label="help", group="Show", scope="app",
        help="List every key",
    ),
    KeyAction(
        id="app.quit", footer=21, keys=("ctrl+q",), label="quit", group="Show", scope="app",
        help="Leave (`:q`); the cluster of this process stops with it", action="quit",
    ),
]  # fmt: skip

_NAMESPACES = [
    KeyAction(
        id=f"namespace.{number}", keys=(str(number),), label=f"namespace {number}", group="Show",
        scope="main", action=f"namespace({number})",
        help={0: "Show all namespaces", 1: "Add or take away namespace 1; 2 to 9 likewise"}.get(number, ""),
    )
    for number in range(10)
]  # fmt: skip

_TABLE = [
    KeyAction(
        id="table.up", keys=("up", "k"), label="up", group="Table", scope="table",
        action="move(-1)", help="One row up",
    ),
    KeyAction(
        id="table.down", keys=("down", "j"), label="down", group="Table", scope="table",
        action="move(1)", help="One row down",
    ),
    KeyAction(
        id="table.page_up", keys=("pageup", "ctrl+b"), label="page up", group="Table", scope="table",
        action="page(-1)", help="One page up",
    ),
    KeyAction(
        id="table.page_down", keys=("pagedown", "ctrl+f"), label="page down", group="Table", scope="table",
        action="page(1)", help="One page down",
    ),
    KeyAction(
        id="table.top", keys=("home",), label="top", group="Table", scope="table", action="top",
        help="The first row (also `g g`)",
    ),
    KeyAction(
        id="table.bottom", keys=("end", "G"), label="bottom", group="Table", scope="table",
        action="bottom", help="The last row",
    ),
    KeyAction(
        id="table.left", keys=("left",), label="left", group="Table", scope="table", action="pan(-8)",
        help="Scroll wide columns to the left",
    ),
    KeyAction(
        id="table.right", keys=("right",), label="right", group="Table", scope="table", action="pan(8)",
        help="Scroll wide columns to the right",
    ),
    KeyAction(
        id="table.wide", keys=("w",), label="wide", group="Table", scope="table", action="wide",
        help="Show every column at full width, or only those that fit",
    ),
    KeyAction(
        id="table.sort_next", keys=(">",), label="sort by next", group="Table", scope="table",
        action="sort_by(1)", help="Sort by the next column (or click its header)",
    ),
    KeyAction(
        id="table.sort_previous", keys=("<",), label="sort by previous", group="Table", scope="table",
        action="sort_by(-1)", help="Sort by the previous column",
    ),
    KeyAction(
        id="table.reverse", keys=("i",), label="invert", group="Table", scope="table", action="reverse",
        help="Turn the order round",
    ),
    KeyAction(
        id="table.mark", footer=17,
        keys=("space",), label="mark", group="Table", scope="table", action="mark",
        help="Mark the row and go on to the next",
    ),
    KeyAction(
        id="table.mark_range", keys=("ctrl+@",), label="mark range", group="Table", scope="table",
        action="mark_range", help="Mark every row from the last marked one to the cursor",
    ),
    KeyAction(
        id="table.unmark", keys=("\\",), label="unmark", group="Table", scope="table", action="unmark",
        help="Take all marks away",
    ),
    KeyAction(
        id="table.copy", keys=("c",), label="copy name", group="Table", scope="table", action="copy",
        help="Copy the names of the marked rows, or of this one, to the clipboard",
    ),
    KeyAction(
        id="table.copy_row", keys=("Y",), label="copy row", group="Table", scope="table",
        action="copy_row", help="Copy the marked rows, or this one, to the clipboard",
    ),
]  # fmt: skip

_OBJECT = [
    KeyAction(
        id="object.describe", footer=4, keys=("d",), label="describe", group="Object", scope="object",
        help="Describe the object, live", kubectl="kubectl describe {kind} {name} {namespace}",
    ),
    KeyAction(
        id="object.yaml", footer=5, keys=("y",), label="yaml", group="Object", scope="object",
        help="The object as YAML, live", kubectl="kubectl get {kind} {name} {namespace} -o yaml",
    ),
    KeyAction(
        id="object.logs", footer=6, keys=("l",), label="logs", group="Object", scope="object",
        kinds=LOGGED, help="Logs on a full screen", kubectl="kubectl logs {kind}/{name} {namespace} -f",
    ),
    KeyAction(
        id="object.previous_logs", keys=("p",), label="previous logs", group="Object", scope="object",
        kinds=PODS, help="Logs of the container's previous run",
        kubectl="kubectl logs {name} {namespace} --previous",
    ),
    KeyAction(
        id="pod.shell", footer=7, keys=("s",), label="shell", group="Object", scope="object", mutates=True,
        kinds=PODS, help="A shell in a container", kubectl="kubectl exec -it {name} {namespace} -- sh",
    ),
    KeyAction(
        id="object.owner", keys=("o",), label="owner", group="Object", scope="object",
        help="Go to the object that controls this one",
    ),
    KeyAction(
        id="object.why", keys=("W",), label="why", group="Object", scope="object",
        help="Which write woke whom: how the object came to be as it is",
    ),
    KeyAction(
        id="object.menu", footer=18, keys=("m",), label="menu", group="Object", scope="object",
        help="Everything that can be done with the object",
    ),
    KeyAction(
        id="object.edit", footer=19, keys=("e",), label="edit", group="Object", scope="object", mutates=True,
        verb="patch",
        help="Edit the object in $EDITOR", kubectl="kubectl edit {kind} {name} {namespace}",
    ),
    KeyAction(
        id="object.delete", footer=12,
        keys=("D",), label="delete", group="Object", scope="object", mutates=True,
        verb="delete", bulk=True, help="Delete, after a dialog that names what goes",
        kubectl="kubectl delete {kind} {name} {namespace}",
    ),
    KeyAction(
        id="workload.scale", footer=7,
        keys=("s",), label="scale", group="Object", scope="object", mutates=True,
        kinds=SCALABLE, subresource="scale", bulk=True, help="Set the number of replicas",
        kubectl="kubectl scale {kind}/{name} {namespace} --replicas=N",
    ),
    KeyAction(
        id="workload.scale_up", footer=8, keys=("+", "="), label="one more", group="Object", scope="object",
        mutates=True, kinds=SCALABLE, subresource="scale", help="One replica more",
        kubectl="kubectl scale {kind}/{name} {namespace} --replicas=+1",
    ),
    KeyAction(
        id="workload.scale_down", footer=9, keys=("-",), label="one less", group="Object", scope="object",
        mutates=True, kinds=SCALABLE, subresource="scale", help="One replica less",
        kubectl="kubectl scale {kind}/{name} {namespace} --replicas=-1",
    ),
    KeyAction(
        id="workload.rollback", footer=10, keys=("R",), label="rollback", group="Object", scope="object",
        mutates=True, kinds=DEPLOYMENTS, help="Choose an earlier revision and return to it",
        kubectl="kubectl rollout undo {kind}/{name} {namespace}",
    ),
    KeyAction(
        id="workload.restart", footer=11,
        keys=("r",), label="restart", group="Object", scope="object", mutates=True,
        kinds=ROLLOUTS, bulk=True, help="Replace its Pods one after another",
        kubectl="kubectl rollout restart {kind}/{name} {namespace}",
    ),
    KeyAction(
        id="workload.pause", keys=("P",), label="pause", group="Object", scope="object", mutates=True,
        kinds=DEPLOYMENTS, help="Pause or resume the rollout",
        kubectl="kubectl rollout pause {kind}/{name} {namespace}",
    ),
    KeyAction(
        id="node.cordon", footer=7, keys=("C",), label="cordon", group="Object", scope="object", mutates=True,
        kinds=NODES, bulk=True, help="Take no new Pods, or take them again",
        kubectl="kubectl cordon {name}",
    ),
    KeyAction(
        id="node.drain", footer=8, keys=("r",), label="drain", group="Object", scope="object", mutates=True,
        kinds=NODES, help="Cordon the node and evict its Pods",
        kubectl="kubectl drain {name} --ignore-daemonsets --delete-emptydir-data",
    ),
    KeyAction(
        id="app.history", keys=("H",), label="history", group="Object", scope="main",
        help="What was done here, with the kubectl command for each",
    ),
]  # fmt: skip

_LOG = [
    KeyAction(
        id="log.up", keys=("up", "k"), label="up", group="Log", scope="log", action="scroll_lines(-1)",
        help="One line up; stops following",
    ),
    KeyAction(
        id="log.down", keys=("down", "j"), label="down", group="Log", scope="log",
        action="scroll_lines(1)", help="One line down",
    ),
    KeyAction(
        id="log.page_up", keys=("pageup", "ctrl+b"), label="page up", group="Log", scope="log",
        action="scroll_pages(-1)", help="One page up",
    ),
    KeyAction(
        id="log.page_down", keys=("pagedown", "ctrl+f"), label="page down", group="Log", scope="log",
        action="scroll_pages(1)", help="One page down",
    ),
    KeyAction(
        id="log.top", keys=("home",), label="top", group="Log", scope="log", action="log_top",
        help="The oldest line kept",
    ),
    KeyAction(
        id="log.follow", footer=4,
        keys=("end", "G", "F"), label="follow", group="Log", scope="log", action="follow",
        help="Jump to the end and follow",
    ),
    KeyAction(
        id="log.left", keys=("left",), label="left", group="Log", scope="log", action="pan(-8)",
        help="Scroll long lines to the left",
    ),
    KeyAction(
        id="log.right", keys=("right",), label="right", group="Log", scope="log", action="pan(8)",
        help="Scroll long lines to the right",
    ),
    KeyAction(
        id="log.wrap", footer=5, keys=("w",), label="wrap", group="Log", scope="log", action="wrap",
        help="Wrap long lines, or clip them",
    ),
    KeyAction(
        id="log.timestamps", footer=6, keys=("T",), label="timestamps", group="Log", scope="log",
        action="timestamps", help="Show when each line was written",
    ),
    KeyAction(
        id="log.next_match", keys=("n",), label="next match", group="Log", scope="log",
        action="match(1)", help="The next line that matches the search",
    ),
    KeyAction(
        id="log.previous_match", keys=("N",), label="previous match", group="Log", scope="log",
        action="match(-1)", help="The line before that matches the search",
    ),
    KeyAction(
        id="log.clear", keys=("x",), label="clear", group="Log", scope="log", action="clear_log",
        help="Forget the lines shown so far",
    ),
    KeyAction(
        id="log.copy", keys=("c",), label="copy", group="Log", scope="log", action="copy_visible",
        help="Copy the lines on the screen to the clipboard",
    ),
]  # fmt: skip

REGISTRY = KeyRegistry([*_MOVE, *_SHOW, *_NAMESPACES, *_TABLE, *_OBJECT, *_LOG, *VIEW_KEYS])
"""The default keys."""
