"""The Textual interface: one more client of the API server, and nothing of the cluster runs inside it.

Floors, each importing only from those below (checked by `make check`): `app` > `commands`, `actions` >
`screens` > `widgets`, `feed` > `describe` > `default_keys`, `rows` > `view_keys` > `command_line`, `host`,
`keys`, `keys_file`, `messages`, `ports`, `settings`, `theme`.

Feeds keep models current, widgets draw models, screens arrange widgets and route keys, actions change the
cluster. Data is never parsed as markup: it is shown through `Text`, or with `markup=False`.
"""
