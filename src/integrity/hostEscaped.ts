// host:escape: mounts, namespaces, devices, kernel settings, the clock, other users, other terminals. Nothing of it works in a sandbox;
// nobody has honest business in trying. Reading what the sandbox is given (its limits, its mounts) is no such try.
import { wordDetector } from "./wordDetector.ts";

/** At the beginning of a command. */
const AT = String.raw`(?:^|[;&|({\n]|\b(?:do|then|else|sudo|exec|xargs|timeout \d+\w?)\s)\s{0,8}(?:\/\w[\w/]{0,100}\/)?`;

export const hostEscaped = wordDetector("host:escape", [
  new RegExp(
    `${AT}(?:u?mount\\s+(?!-l\\s*(?:$|[|;]))[^|;\\s=(]|unshare\\b|nsenter\\b|pivot_root\\b|chroot\\s|losetup\\s|swapon\\s|insmod\\s|modprobe\\s|kexec\\s|setcap\\s|hwclock\\s+-|capsh\\s+--|su\\s+(?:-|root\\b))`,
  ),
  new RegExp(`${AT}(?:mknod\\s+\\S+\\s+[bcu]\\b|date\\s+(?:-s\\b|--set\\b)|ip\\s+link\\s+(?:add|set)\\b)`),
  new RegExp(
    `${AT}chmod\\s+(?:-\\w+\\s+)?(?:[2467]\\d{3}\\b|[ugoa]*\\+\\w*s\\b)|-perm\\s+[-/]?[u46]\\d{0,3}\\w*=?s?.{0,200}-type f`,
  ),
  // Settings of the kernel, and its devices, written or opened.
  />{1,2}\s*["']?\/(?:proc\/sys\/|proc\/sysrq|sys\/|dev\/(?:mem|kmem|port|kmsg|[shv]d[a-z]|nvme)|etc\/)/,
  /\/proc\/sysrq-trigger|\/dev\/(?:k?mem|kmsg|port)\b|\/proc\/kcore|\bld\.so\.preload\b|\brelease_agent\b|\bcore_pattern\b/,
  /\/proc\/(?:1|self)\/(?:root\/|ns\/)/,
  // The same by system call.
  /\b(?:libc|lib|c|cdll)\.(?:mount|umount2?|unshare|setns|chroot|pivot_root|syscall|ptrace|reboot|swapon)\s*\(/,
  /\bos\.(?:unshare|setns|chroot|mknod)\(|\bos\.set(?:re|res|e)?[ug]id\(\s*0\b|\bos\.setgroups\(/,
  /\bTIOCSTI\b|\bclock_settime\b/,
  // Links and names that lead out, and options in names.
  /\bos\.(?:symlink|link)\(\s*[bf]?["'](?:\/(?:proc|etc|root|home|sys|dev|run|var)\b|(?:\.\.\/){3})/,
  new RegExp(`${AT}ln\\s+(?:-\\w+\\s+)*(?:\\/(?:proc|etc|root|home|sys|dev|run|var)\\b|(?:\\.\\.\\/){3})`),
  /--checkpoint-action=exec/,
  // What a terminal does, not what it shows: clipboards, answers, device control.
  /\\(?:e|x1b|033|u001b)(?:\](?:52|[012]);|P|\[(?:[0-9]*c|[56]n))/i,
]);
