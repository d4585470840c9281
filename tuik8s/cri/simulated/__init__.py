"""A container runtime without containers: honest life cycles, nothing executed.

Guarantees: a container that idles costs an object and no task; the same seed and the same calls give the
same ids, digests and outcomes; all waiting is loop timers, so virtual time works. What is answered over
a port says that it is simulated. A container behaves, in this order of precedence, as the pod's
`sim.tuik8s.io/` annotations say (`behaviour`), as a plug-in for its image says (`plugins`), as its
command says where it is one of those the small shell knows (`shell`, `builtins`), and else as a server
that runs for ever and answers on the ports it declares (on any port when it declares none).

The stop signal ends servers with exit code 0 and everything else with 143, at once (real shells and
`sleep` often ignore SIGTERM as process 1; a simulation that makes everybody wait 30 s for that would
teach little). The annotations `stop-code` and `stop-after` change both; what takes longer than the grace
period gives 137.

Images: a name of one component that no plug-in knows as public (`service_test:latest`) counts as built
by the user and is present; every other (`nginx`, `org/app`, `registry.example/app`) is absent until it
is pulled, and then stays.
"""

from tuik8s.cri.simulated.behaviour import Behaviour, Curve, HttpAnswer
from tuik8s.cri.simulated.plugins import ImagePlugin, WellKnownImages
from tuik8s.cri.simulated.runtime import SimulatedRuntime

__all__ = ["Behaviour", "Curve", "HttpAnswer", "ImagePlugin", "SimulatedRuntime", "WellKnownImages"]
