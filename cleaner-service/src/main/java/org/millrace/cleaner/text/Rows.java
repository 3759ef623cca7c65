package org.millrace.cleaner.text;

import java.util.Set;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jspecify.annotations.Nullable;

/// Tells rows of data from rows that lay out the page.
final class Rows {

    private static final Set<String> LAYOUT = Set.of(
            "table",
            "section",
            "article",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "form",
            "blockquote",
            "nav",
            "header",
            "footer",
            "aside",
            "main",
            "iframe",
            "center",
            "hr");

    private static final Set<String> LAYOUT_UNLESS_HEADED = Set.of("p", "div", "ul", "ol", "dl", "pre");

    /// Longer than any row of figures; also bounds the look ahead.
    private static final int LONGEST_ROW = 1_500;

    private static final int LONGEST_CELL = 400;
    private static final int MOST_NODES = 600;

    private Rows() {}

    static boolean isData(Element row, Box table) {
        int characters = 0;
        int cell = 0;
        int nodes = 0;
        for (Node at = row.firstChild(); at != null; at = next(at, row)) {
            if (++nodes > MOST_NODES) {
                return false;
            }
            if (at instanceof TextNode text) {
                int length = text.isBlank() ? 0 : text.getWholeText().length();
                characters += length;
                cell += length;
                if (cell > LONGEST_CELL || characters > LONGEST_ROW) {
                    return false;
                }
            } else if (at instanceof Element element) {
                String name = element.normalName();
                if (name.equals("th")) {
                    table.headed = true;
                }
                if (name.equals("td") || name.equals("th")) {
                    cell = 0;
                }
                if (LAYOUT.contains(name) || !table.headed && LAYOUT_UNLESS_HEADED.contains(name)) {
                    return false;
                }
            }
        }
        return true;
    }

    /// Whether the text below the element is shorter than that; looks no further than it must.
    static boolean isShorter(Element element, int characters) {
        int sum = 0;
        int nodes = 0;
        for (Node at = element.firstChild(); at != null; at = next(at, element)) {
            if (++nodes > MOST_NODES) {
                return false;
            }
            if (at instanceof TextNode text) {
                sum += text.getWholeText().strip().length();
                if (sum >= characters) {
                    return false;
                }
            }
        }
        return true;
    }

    private static @Nullable Node next(Node node, Element root) {
        if (node.childNodeSize() > 0) {
            return node.childNode(0);
        }
        for (Node at = node; at != root; ) {
            Node sibling = at.nextSibling();
            if (sibling != null) {
                return sibling;
            }
            Node parent = at.parent();
            if (parent == null) {
                return null;
            }
            at = parent;
        }
        return null;
    }
}
