extension String {
    /// Whether `words` stand in here, compared byte by byte: what is looked for is ASCII.
    package func mentions(_ words: String) -> Bool {
        var text = self[...].utf8
        let sought = words.utf8
        guard let first = sought.first else { return true }
        while let start = text.firstIndex(of: first) {
            text = text[start...]
            if text.starts(with: sought) { return true }
            text = text.dropFirst()
        }
        return false
    }
}
