// host:socket: looking for a container engine's socket. Whoever may speak to it owns the machine.
import { wordDetector } from "./wordDetector.ts";

export const engineReached = wordDetector("host:socket", [
  /\b(?:docker|podman|containerd|crio|cri-dockerd)\.sock\b|\bDOCKER_HOST\b|\/containers\/create\b/,
  /(?:^|[;&|\n])\s{0,8}(?:docker|podman|ctr|crictl|nerdctl|kubectl)\s+(?:run|exec|ps|cp|load|create|get)\b/,
]);
