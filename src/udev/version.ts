/** The systemd that the builtin rules follow: 252, or from 257 on, where it makes a difference. */
export type UdevVersion = 252 | 257
