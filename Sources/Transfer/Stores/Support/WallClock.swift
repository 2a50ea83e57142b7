internal import Glibc

/// Seconds since 1970. Injected wherever signatures or expiries depend on it.
typealias WallClock = @Sendable () -> Int64

let systemClock: WallClock = { Int64(time(nil)) }
