/// What to correct before a refused request is made once more. Each kind of correction is tried once a request, so
/// that no server can keep us busy.
struct S3Recovery {
    enum Correction: Hashable {
        /// Sign for, and where the endpoint is AWS's own go to, this region.
        case region(String)
        /// Add this many seconds to our clock.
        case clock(Int64)
        /// Fetch credentials anew.
        case credentials
    }

    private var usedRegion = false
    private var usedClock = false
    private var usedCredentials = false

    /// `nil`: the failure stands.
    mutating func correction(for failure: S3Failure, region: String, now: Int64) -> Correction? {
        switch failure.code {
        case "RequestTimeTooSkewed", "RequestExpired":
            return clock(failure, now: now)
        case "ExpiredToken", "TokenRefreshRequired", "InvalidToken":
            return credentials()
        case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException", "":
            return self.region(failure, region: region)
        default:
            return nil
        }
    }

    private mutating func region(_ failure: S3Failure, region: String) -> Correction? {
        guard !usedRegion, let wanted = failure.region, wanted != region, !wanted.isEmpty else { return nil }
        usedRegion = true
        return .region(wanted)
    }

    private mutating func clock(_ failure: S3Failure, now: Int64) -> Correction? {
        guard !usedClock, let serverTime = failure.serverTime, serverTime != now else { return nil }
        usedClock = true
        return .clock(serverTime - now)
    }

    private mutating func credentials() -> Correction? {
        guard !usedCredentials else { return nil }
        usedCredentials = true
        return .credentials
    }
}
