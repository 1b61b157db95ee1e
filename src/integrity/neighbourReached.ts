// host:neighbour: reaching for processes, files and memory of others on the machine.
import { wordDetector } from "./wordDetector.ts";

export const neighbourReached = wordDetector("host:neighbour", [
  // Another process's root, folder, memory or words; `self` and the shell's own are no others.
  /\/proc\/(?:\*|\?|%[ds]|["']\s*\+|\{[^}\n]{0,200}\}|\$\{?(?!\$)\w+\}?|(?!1\/)\d+)\/(?:root|cwd|mem|maps|environ)\b/,
  /\bprocess_vm_(?:readv|writev)\b|\bpidfd_(?:open|getfd|send_signal)\b|\bptrace\s*\(\s*(?:16|PTRACE)/,
  /\bos\.kill\(\s*-\s*1\b|(?:^|[;&|\n])\s{0,8}kill\s+(?:-\w+\s+)?--?\s*-?1\s*(?:$|[;&|\n])/,
  // What the kernel shares between processes that know a number.
  /\b(?:shmget|semget|msgget|mq_open|keyctl|add_key)\s*\(|\bipcrm\s+-/,
  /\bfind\s+\/(?:proc)?\s+[^\n|;]{0,200}-name\s+["']?notes\.txt/,
]);
