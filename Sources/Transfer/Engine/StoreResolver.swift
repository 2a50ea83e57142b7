/// Finds the store that a URL speaks of. The one seam between plans, which know URLs, and stores, which know keys.
package protocol StoreResolver: Sendable {
    /// Takes a URL as a person writes it: one object, a prefix that ends in `/`, or a pattern; also a local path.
    /// Connects nothing. Throws `.configuration` for a scheme or a form that is not known.
    func resolve(_ url: String) throws(TransferError) -> ResolvedURL
}

/// A URL taken apart.
package struct ResolvedURL: Sendable {
    package var store: any ObjectStore
    /// What names the store and precedes every key, without credentials, signature or user info: `s3://bucket/`.
    package var base: String
    /// The object's key, the prefix or the pattern, decoded as the store's own methods take it.
    package var key: String

    package init(store: any ObjectStore, base: String, key: String) {
        self.store = store
        self.base = base
        self.key = key
    }

    /// The URL of another object in the same store, fit for errors, logs and manifests.
    ///
    /// A web key carries its query, which may be a signature and stays out.
    package func url(of key: String) -> String {
        base.hasPrefix("http") ? base + key.prefix { $0 != "?" } : base + key
    }
}
