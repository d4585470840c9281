"""The Textual interface: one more client of the API server, and nothing of the cluster runs inside it.

Floors, each importing only from those below: `app` > `commands` | `actions` > `screens` > `widgets` | `feed`
> `describe` > `view_keys` > `default_keys`, `rows` > `keys`, `keys_file`, `command_line`, `messages`, `host`,
`ports`, `settings`, `theme`.

Feeds keep models current, widgets draw models, screens arrange widgets and route keys, actions change the
cluster. Data is never parsed as markup: it is shown through `Text`, or with `markup=False`.
"""
