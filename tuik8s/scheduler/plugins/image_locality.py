"""ImageLocality: nodes that have the images are better, more so the larger and more widespread these are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.scheduler.framework import MAX_NODE_SCORE, Scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

MIN_THRESHOLD, MAX_CONTAINER_THRESHOLD = 23 * 1024 * 1024, 1000 * 1024 * 1024


class ImageLocality:
    name = "ImageLocality"

    def pre_score(self, pod: PodInfo, _nodes: Sequence[NodeInfo], snapshot: Snapshot) -> Scorer | None:
        containers = [*(pod.spec.get("initContainers") or ()), *pod.spec["containers"]]
        count, total = len(containers), len(snapshot.nodes)
        # Weighted by how many nodes have an image, so that not all pods crowd onto the one that does.
        spread = {
            image: snapshot.image_nodes[image] / total
            for image in map(_with_tag, (container.get("image") or "" for container in containers))
            if image in snapshot.image_nodes
        }

        def score(node: NodeInfo) -> int:
            if not spread or not node.images:
                return 0
            present = ((node.images[image], part) for image, part in spread.items() if image in node.images)
            size = sum(int(size * part) for size, part in present)
            highest = MAX_CONTAINER_THRESHOLD * count
            size = min(max(size, MIN_THRESHOLD), highest)
            return MAX_NODE_SCORE * (size - MIN_THRESHOLD) // (highest - MIN_THRESHOLD)

        return score

    def normalize(self, scores: list[int]) -> list[int]:
        return scores


def _with_tag(image: str) -> str:
    return image if ":" in image[image.rfind("/") + 1 :] else f"{image}:latest"
