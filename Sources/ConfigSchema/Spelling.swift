/// Finds what somebody probably meant to write.
package enum Spelling {
    /// The candidate that differs least from `word`, case aside, if it differs by little.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let lower = Array(word.prefix(64).lowercased())
        let ranked = candidates.map { (candidate: $0, distance: distance(lower, Array($0.lowercased()))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, lower.count / 2) ? best.candidate : nil
    }

    /// Levenshtein's distance: how many characters to insert, delete or replace.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = diagonal + (character == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
