package org.millrace.cleaner.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeFilter;
import org.jsoup.select.NodeTraversor;
import org.jspecify.annotations.Nullable;

/// Cuts the tree below an element into blocks, in reading order, without the parts to skip.
/// One pass without recursion: the depth of a page is its author's choice.
final class Blocks implements NodeFilter {

    private static final Set<String> LISTS = Set.of("ul", "ol", "dl");
    private static final Set<String> ITEMS = Set.of("li", "dt", "dd");

    /// A row that holds one of these lays the page out; it is no row of data.
    private static final String LAYOUT = "p, div, ul, ol, table, section, article, h1, h2, h3, h4, h5, h6";

    private final Set<Element> skipped;
    private final List<Block> blocks = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private int linkCharacters;
    private int openLinks;
    private int lineBreaks;
    private @Nullable Element row;

    private Blocks(Set<Element> skipped) {
        this.skipped = skipped;
    }

    static List<Block> of(Element root, Set<Element> skipped) {
        Blocks collector = new Blocks(skipped);
        NodeTraversor.filter(collector, root);
        collector.flush(root);
        return collector.blocks;
    }

    @Override
    public FilterResult head(Node node, int depth) {
        switch (node) {
            case TextNode words -> append(words);
            case Element element
            when skipped.contains(element) -> {
                if (element.isBlock()) {
                    endBlockBefore(element);
                }
                return FilterResult.SKIP_ENTIRELY;
            }
            case Element element -> open(element);
            default -> {} // comments, doctype, script data: nothing that a reader sees
        }
        return FilterResult.CONTINUE;
    }

    @Override
    public FilterResult tail(Node node, int depth) {
        if (node instanceof Element element) {
            if (element.normalName().equals("a")) {
                openLinks--;
            } else if (element == row) {
                flush(element);
                row = null;
            } else if (element.isBlock() && row == null) {
                flush(element);
            }
        }
        return FilterResult.CONTINUE;
    }

    private void open(Element element) {
        String name = element.normalName();
        if (name.equals("a")) {
            openLinks++;
        } else if (name.equals("br")) {
            lineBreaks++;
            if (lineBreaks == 2 && row == null) {
                endBlockBefore(element); // two of them are how old pages write paragraphs
            } else {
                text.append(insidePre(element) ? '\n' : ' ');
            }
        } else if (row != null && (name.equals("td") || name.equals("th"))) {
            if (!text.toString().isBlank()) {
                text.append(" | ");
            }
        } else if (name.equals("tr") && isData(element)) {
            endBlockBefore(element);
            row = element;
        } else if (element.isBlock() && row == null) {
            endBlockBefore(element);
        }
    }

    private void append(TextNode node) {
        if (node.isBlank()) {
            text.append(' ');
            return;
        }
        lineBreaks = 0;
        String words = node.getWholeText();
        text.append(insidePre(node.parent()) ? words : words.replace('\n', ' '));
        if (openLinks > 0) {
            linkCharacters += PlainText.of(words).length();
        }
    }

    private void endBlockBefore(Element element) {
        Element parent = element.parent();
        flush(parent == null ? element : parent);
    }

    private void flush(Element owner) {
        String plain = PlainText.of(text.toString());
        int links = Math.min(linkCharacters, plain.length());
        text.setLength(0);
        linkCharacters = 0;
        lineBreaks = 0;
        if (!plain.isEmpty()) {
            blocks.add(block(plain, links, owner));
        }
    }

    private Block block(String plain, int links, Element owner) {
        if (owner == row) {
            boolean several = plain.contains(" | ");
            return new Block(
                    several ? Block.Kind.ROW : Block.Kind.PARAGRAPH, 0, plain, links, owner, enclosing(owner, "table"));
        }
        for (Element at = owner; at != null; at = at.parent()) {
            String name = at.normalName();
            if (name.length() == 2 && name.charAt(0) == 'h' && Character.isDigit(name.charAt(1))) {
                return new Block(
                        Block.Kind.HEADING, name.charAt(1) - '0', plain.replace('\n', ' '), links, owner, owner);
            }
            if (ITEMS.contains(name)) {
                return new Block(Block.Kind.ITEM, 0, plain, links, owner, list(at));
            }
            if (name.equals("td") || name.equals("div")) {
                break; // a list item two containers up says nothing about this text
            }
        }
        return new Block(Block.Kind.PARAGRAPH, 0, plain, links, owner, owner);
    }

    private static Element list(Element item) {
        for (Element at = item.parent(); at != null; at = at.parent()) {
            if (LISTS.contains(at.normalName().toLowerCase(Locale.ROOT))) {
                return at;
            }
        }
        return item;
    }

    private static Element enclosing(Element element, String name) {
        for (Element at = element.parent(); at != null; at = at.parent()) {
            if (at.normalName().equals(name)) {
                return at;
            }
        }
        return element;
    }

    private static boolean isData(Element row) {
        return row.select(LAYOUT).isEmpty();
    }

    private static boolean insidePre(@Nullable Node node) {
        for (Node at = node; at instanceof Element element; at = at.parent()) {
            if (element.normalName().equals("pre")) {
                return true;
            }
            if (element.isBlock()) {
                return false;
            }
        }
        return false;
    }
}
