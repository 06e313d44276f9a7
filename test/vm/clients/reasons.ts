// Why a client has no such thing: what stands below the table.
export const TELLS_ONLY = { not: 'It tells of devices; who reads them is another program.' }
export const LOOKS_ONCE = { not: 'It has no hot-plug: it looks once, when it starts.' }
