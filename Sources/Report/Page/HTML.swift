import Basics

/// Pieces of HTML. What is interpolated as text is escaped by `HTML.text`; nothing else comes from outside.
enum HTML {
    /// For element content and quoted attributes alike. What a reader would not see, or what turns the direction of
    /// what follows, stands as its code.
    static func text(_ text: String, limit: Int = 1024) -> String {
        var escaped = ""
        for scalar in text.printable(limit: limit).unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A whole page that asks nobody for anything: its own style and script by their hashes, and nothing else.
    ///
    /// - Parameter refresh: seconds after which it is asked for anew, while it is served.
    static func page(title: String, refresh: Int? = nil, body: String) -> [UInt8] {
        let policy =
            "default-src 'none'; style-src 'sha256-\(PageStyle.styleHash)'; "
            + "script-src 'sha256-\(PageStyle.scriptHash)'; img-src data:; base-uri 'none'; form-action 'none'"
        let again = refresh.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">\n" } ?? ""
        return Array(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            \(again)<title>\(text(title))</title>
            <link rel="icon" href="data:,">
            <style>\(PageStyle.style)</style>
            </head>
            <body>
            \(body)<script>\(PageStyle.script)</script>
            </body>
            </html>

            """.utf8)
    }

    static func section(_ id: String, _ title: String, _ content: String) -> String {
        content.isEmpty ? "" : "<section id=\"\(id)\">\n<h2>\(text(title))</h2>\n\(content)</section>\n"
    }

    /// Of a whole, for SVG: `12.34%`.
    static func percent(_ fraction: Double) -> String {
        RecordLimits.thousandths(Int64((min(max(fraction.clamped, 0), 1) * 10_000).rounded()) * 10) + "%"
    }

    /// A cell of a table that can be sorted: what is read, and by what it is sorted.
    struct Cell {
        var html: String
        var value: Double?

        /// A text from outside.
        init(_ text: String, limit: Int = 110) { html = HTML.text(text, limit: limit) }

        /// A number as it is read and as it is sorted; `nil`: unknown.
        init(_ text: String?, _ value: Double?) { (html, self.value) = (text.map { HTML.text($0) } ?? "", value ?? -1) }

        init(html: String) { self.html = html }
    }

    /// - Parameters:
    ///   - heads: of the columns.
    ///   - rows: each with the classes of its row.
    static func table(
        _ heads: [String], _ rows: [(classes: String, cells: [Cell])], caption: String, sortable: Bool = true
    ) -> String {
        var html =
            "<div class=\"scroll\"><table class=\"\(sortable ? "sort " : "")wide\"><caption>\(text(caption))</caption><thead><tr>"
        for head in heads {
            html +=
                "<th scope=\"col\">" + (sortable ? "<button type=\"button\">\(text(head))</button>" : text(head))
                + "</th>"
        }
        html += "</tr></thead><tbody>\n"
        for row in rows {
            html += row.classes.isEmpty ? "<tr>" : "<tr class=\"\(row.classes)\">"
            for cell in row.cells {
                if let value = cell.value {
                    html += "<td class=\"n\" data-v=\"\(number(value))\">\(cell.html)</td>"
                } else {
                    html += "<td>\(cell.html)</td>"
                }
            }
            html += "</tr>\n"
        }
        return html + "</tbody></table></div>\n"
    }

    private static func number(_ value: Double) -> String { RecordLimits.thousandths(Int64(value.clamped * 1000)) }
}
