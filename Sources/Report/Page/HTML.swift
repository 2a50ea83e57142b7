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

        /// Of milliseconds.
        static func time(_ length: Int64?) -> Cell { Cell(length.map(Words.duration), length.map(Double.init)) }

        static func bytes(_ count: Int64?) -> Cell {
            Cell(count.map { ByteSize.rounded($0) }, count.map(Double.init))
        }
    }

    struct Row {
        let cells: [Cell]
        let classes: String

        init(_ cells: Cell..., classes: String = "") { (self.cells, self.classes) = (cells, classes) }
    }

    /// - Parameter heads: of the columns.
    static func table(_ heads: [String], _ rows: [Row], caption: String, sortable: Bool = true) -> String {
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

/// How pages look and what they do by themselves. The hashes are what browsers are told to accept; a test compares them.
enum PageStyle {
    static let styleHash = "wZ6rrxXaqG01iUx9GhPfxO/1cFl0Et65CTA4USO84To="
    static let scriptHash = "LSBRtuLg+U7tfNe1jLzSgP3/nqFlTE771nGlkRbeetg="

    static let style = """
        :root{color-scheme:light dark;--bg:#fff;--fg:#1c2127;--mut:#59636e;--line:#d5dae0;--card:#f5f7f9;--focus:#0b57d0;
        --work:#3f7fc4;--wait:#c3cad2;--main:#7163c9;--good:#237a44;--bad:#c8373a;--killed:#a8520a;--other:#616c77;
        --k1:#2866ad;--k2:#b9590a;--k3:#0d8266;--k4:#8a4fc0}
        @media screen and (prefers-color-scheme:dark){:root{--bg:#15181c;--fg:#e3e7eb;--mut:#9ca6b1;--line:#363d46;
        --card:#1d2228;--focus:#8ab4f8;--work:#5b9be0;--wait:#4a525c;--main:#9387e6;--good:#4db573;--bad:#ee6b6b;
        --killed:#ec9343;--other:#8a95a1;--k1:#6cabf2;--k2:#f09a4c;--k3:#3fc2a0;--k4:#c093f0}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:76rem;padding:1.5rem;background:var(--bg);color:var(--fg);
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        h1{font-size:1.3rem;line-height:1.35;margin:.4rem 0;font-weight:600;overflow-wrap:anywhere}
        h2{font-size:1.02rem;margin:2.2rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
        h3{font-size:.92rem;margin:1.1rem 0 .3rem}
        p{margin:.4rem 0;overflow-wrap:anywhere}
        .badge{display:inline-block;padding:.1rem .6rem;border-radius:1rem;color:var(--bg);font-weight:600;font-size:.82rem;
        letter-spacing:.03em;background:var(--other)}
        .badge.good{background:var(--good)}.badge.bad{background:var(--bad)}.badge.killed{background:var(--killed)}
        .badge.main{background:var(--main)}
        dl{display:flex;flex-wrap:wrap;gap:.3rem 1.8rem;margin:.8rem 0}
        dl div{min-width:0}dt{color:var(--mut);font-size:.78rem}dd{margin:0;overflow-wrap:anywhere}
        .mut{color:var(--mut)}.note{border-left:3px solid var(--killed);padding:.1rem .8rem;margin:.6rem 0;background:var(--card)}
        .row{display:grid;grid-template-columns:11rem minmax(0,1fr);gap:0 .8rem;align-items:center}
        .row>span{text-align:right;font-size:.85rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
        .row.minor>span{color:var(--mut);font-size:.78rem}
        svg{display:block;width:100%;overflow:hidden}.row svg{overflow:visible}
        .row svg{height:24px}.row.minor svg{height:13px}.row.axis svg{height:18px}
        text{font:11px system-ui,-apple-system,"DejaVu Sans",sans-serif;fill:var(--mut)}
        rect,circle{shape-rendering:geometricPrecision}
        .work{fill:var(--work)}.wait{fill:var(--wait)}.main{fill:var(--main)}.good{fill:var(--good)}.bad{fill:var(--bad)}
        .killed{fill:var(--killed)}.other{fill:var(--other)}
        .bed{fill:var(--card)}.bar:hover{opacity:.8}
        .keys{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.8rem;color:var(--mut);margin:.4rem 0}
        .keys i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.35em;vertical-align:-.05em}
        i.work{background:var(--work)}i.wait{background:var(--wait)}i.main{background:var(--main)}i.good{background:var(--good)}
        i.bad{background:var(--bad)}i.killed{background:var(--killed)}i.other{background:var(--other)}
        i.k1{background:var(--k1)}i.k2{background:var(--k2)}i.k3{background:var(--k3)}i.k4{background:var(--k4)}
        figure{margin:1.2rem 0 0}figcaption{font-weight:600;font-size:.92rem}
        .plot{height:140px;border-bottom:1px solid var(--line);cursor:crosshair}
        .plot:focus-visible,button:focus-visible,summary:focus-visible,pre:focus-visible,.scroll:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
        .plot text{paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-opacity:.8}.plot .ph{opacity:.13}.plot .grid{stroke:var(--line)}.plot .rule{stroke:var(--bad);stroke-dasharray:6 4}
        .plot .rule.ask{stroke:var(--good)}.plot .at{stroke:var(--fg);opacity:.5}
        .plot path{fill:none;stroke-width:1.6;vector-effect:non-scaling-stroke;stroke-linejoin:round}
        .plot .k1{stroke:var(--k1)}.plot .k2{stroke:var(--k2)}.plot .k3{stroke:var(--k3)}.plot .k4{stroke:var(--k4)}
        .plot path.band{stroke:none;opacity:.18}
        .plot .band.k1{fill:var(--k1)}.plot .band.k2{fill:var(--k2)}.plot .band.k3{fill:var(--k3)}.plot .band.k4{fill:var(--k4)}
        output{font-size:.8rem;color:var(--mut);display:block;min-height:1.3em;font-variant-numeric:tabular-nums}
        summary{cursor:pointer;font-size:.82rem;color:var(--mut);width:max-content}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;font-size:.84rem;font-variant-numeric:tabular-nums;min-width:100%}
        caption{text-align:left;color:var(--mut);font-size:.8rem;padding:.2rem 0}
        th,td{text-align:left;padding:.22rem .7rem .22rem 0;border-bottom:1px solid var(--line);vertical-align:top}
        td{overflow-wrap:anywhere;min-width:4.5rem;max-width:34rem}td.n{white-space:nowrap;min-width:0}.wide td:nth-child(2),.wide td:last-child{min-width:11rem}
        th{white-space:nowrap;font-weight:600}th button{all:unset;cursor:pointer;font-weight:600}
        th button::after{content:" \\2195";color:var(--mut);opacity:.5}
        th[aria-sort=ascending] button::after{content:" \\2191";opacity:1}
        th[aria-sort=descending] button::after{content:" \\2193";opacity:1}
        tr.slow td:first-child,tr.bad td:first-child,tr.killed td:first-child{box-shadow:inset 3px 0 var(--killed);padding-left:.6rem}
        tr.bad td:first-child{box-shadow:inset 3px 0 var(--bad)}
        em{font-style:normal;font-weight:600;color:var(--killed)}tr.bad em{color:var(--bad)}
        pre{background:var(--card);padding:.7rem .9rem;overflow:auto;max-height:30rem;font:12.5px/1.45 ui-monospace,"DejaVu Sans Mono",monospace;
        white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}
        pre b{font-weight:400;color:var(--bad)}pre u{text-decoration:none;color:var(--mut)}
        footer{margin-top:2.5rem;color:var(--mut);font-size:.8rem}
        @media (max-width:44rem){body{padding:1rem}.row{grid-template-columns:minmax(0,1fr);margin-bottom:.25rem}
        .row>span{text-align:left}.plot{height:120px}}
        @media print{body{max-width:none;padding:0;font-size:11px}section{break-inside:auto}figure,.row,tr{break-inside:avoid}
        pre{max-height:none}th button::after{content:""}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
        """

    /// Sorts tables and reads plots out, by pointer and by keyboard.
    static let script = """
        'use strict';
        for(const t of document.querySelectorAll('table.sort')){
        const hs=[...t.tHead.rows[0].cells],b=t.tBodies[0];
        hs.forEach((h,i)=>h.querySelector('button').addEventListener('click',()=>{
        const up=h.getAttribute('aria-sort')==='descending';
        hs.forEach(o=>o.removeAttribute('aria-sort'));
        h.setAttribute('aria-sort',up?'ascending':'descending');
        const v=r=>{const c=r.cells[i];return c.dataset.v===undefined?c.textContent:Number(c.dataset.v)};
        b.append(...[...b.rows].sort((x,y)=>{const p=v(x),q=v(y);const d=typeof p==='number'&&typeof q==='number'?p-q:
        String(p).localeCompare(String(q));return up?d:-d}))}))}
        for(const f of document.querySelectorAll('figure')){
        const s=f.querySelector('.plot'),o=f.querySelector('output'),at=f.querySelector('.at');
        if(!s||!o)continue;
        const rs=[...f.querySelectorAll('tbody tr')],hs=[...f.querySelectorAll('th')].map(h=>h.textContent);
        const x=r=>Number(r.dataset.x);let n=-1;
        const show=i=>{if(!rs.length)return;n=Math.max(0,Math.min(rs.length-1,i));const r=rs[n];
        at.setAttribute('x1',x(r)/10+'%');at.setAttribute('x2',x(r)/10+'%');at.removeAttribute('visibility');
        o.textContent=[...r.cells].map((c,k)=>k?hs[k]+' '+c.textContent:c.textContent).join(' \\u00b7 ')};
        s.addEventListener('pointermove',e=>{const w=s.getBoundingClientRect(),p=(e.clientX-w.left)/w.width*1000;let k=0;
        rs.forEach((r,i)=>{if(Math.abs(x(r)-p)<Math.abs(x(rs[k])-p))k=i});show(k)});
        s.addEventListener('keydown',e=>{const d={ArrowRight:1,ArrowLeft:-1}[e.key];if(d){show(n+d);e.preventDefault()}})}
        """
}
