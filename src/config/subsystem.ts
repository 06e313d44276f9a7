/** The subsystems whose devices containers are given. */
export const SUBSYSTEMS = ['input', 'hidraw', 'hid'] as const
