/// Whether and where a redirect is followed. Pure; one value a request.
struct WebRedirect {
    static let maximum = 10
    private var followed = 0

    enum Step: Equatable {
        /// The credential goes along only within the same origin.
        case follow(WebURL, keepsCredentials: Bool)
        case refuse(String)
    }

    /// `nil` where the answer is no redirect.
    mutating func step(status: Int, location: String?, method: String, from url: WebURL) -> Step? {
        guard [301, 302, 303, 307, 308].contains(status) else { return nil }
        guard let location, let target = url.resolving(location) else {
            return .refuse("the server redirects to nowhere")
        }
        // 301 to 303 turn an upload into a download (RFC 9110 §15.4).
        if method == "PUT", status < 307 { return .refuse("the server redirects the upload to a page") }
        if url.origin.scheme == .https, target.origin.scheme == .http {
            return .refuse("the server redirects from https to http")
        }
        followed += 1
        guard followed <= Self.maximum else { return .refuse("the server redirects more than \(Self.maximum) times") }
        return .follow(target, keepsCredentials: target.origin == url.origin)
    }
}
