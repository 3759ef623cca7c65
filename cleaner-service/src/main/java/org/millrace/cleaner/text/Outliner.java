package org.millrace.cleaner.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jsoup.nodes.CDataNode;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeFilter;
import org.jspecify.annotations.Nullable;

/// Cuts a parse tree into blocks and boxes, in one pass without recursion: the depth of a page is
/// its author's choice.
final class Outliner implements NodeFilter {

    /// What holds no text for a reader, whatever stands in it.
    private static final Set<String> SKIPPED = Set.of(
            "script",
            "style",
            "template",
            "svg",
            "canvas",
            "iframe",
            "object",
            "embed",
            "applet",
            "select",
            "textarea",
            "audio",
            "video",
            "map",
            "head",
            "meta",
            "link",
            "title",
            "option",
            "datalist",
            "progress",
            "meter",
            "rt",
            "rp",
            "annotation",
            "annotation-xml",
            "base",
            "basefont",
            "frame",
            "area",
            "param",
            "source",
            "track");

    private static final Set<String> BLOCKS = Set.of(
            "body",
            "frameset",
            "noscript",
            "noframes",
            "section",
            "nav",
            "aside",
            "hgroup",
            "header",
            "footer",
            "p",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "ul",
            "ol",
            "dir",
            "pre",
            "listing",
            "xmp",
            "plaintext",
            "div",
            "blockquote",
            "hr",
            "address",
            "figure",
            "figcaption",
            "form",
            "fieldset",
            "legend",
            "dl",
            "dt",
            "dd",
            "li",
            "table",
            "caption",
            "thead",
            "tfoot",
            "tbody",
            "tr",
            "th",
            "td",
            "details",
            "summary",
            "menu",
            "article",
            "main",
            "center",
            "marquee",
            "search",
            "dialog");

    /// Names with a hyphen that a browser shows inside a line.
    private static final Set<String> INLINE_MATHS = Set.of("annotation-xml", "mjx-container", "color-profile");

    private static final int LONGEST_LABEL = 200;

    /// Longer than the title and teaser of another page: a link that nobody closed.
    private static final int LONGEST_LINK = 400;

    private final Signs signs = new Signs();
    private final List<Block> blocks = new ArrayList<>();
    private final List<Box> boxes = new ArrayList<>();
    private final Line line = new Line();
    private final Element root;
    private Box box;

    /// A row of data or a listing of code: one block, whatever elements stand in it.
    private @Nullable Element whole;

    private final Deque<Element> links = new ArrayDeque<>();

    Outliner(Element root) {
        this.root = root;
        this.box = new Box(null, "body", 0, "", 0);
        boxes.add(box);
    }

    List<Block> blocks() {
        return blocks;
    }

    List<Box> boxes() {
        return boxes;
    }

    @Override
    public FilterResult head(Node node, int depth) {
        if (node instanceof TextNode words) {
            if (!(node instanceof CDataNode)) {
                line.append(words.getWholeText(), !links.isEmpty());
            }
            return FilterResult.CONTINUE;
        }
        if (!(node instanceof Element element) || element == root) {
            return FilterResult.CONTINUE; // comments, doctype, script data: nothing that a reader sees
        }
        String name = element.normalName();
        if (name.equals("input")) {
            noteMailField(element);
        }
        if (SKIPPED.contains(name) || name.equals("button") && box.headingLevel == 0 && !name(box, "summary")) {
            return FilterResult.SKIP_ENTIRELY;
        }
        if (isBox(name)) {
            return open(element, name);
        }
        return openInline(element, name);
    }

    @Override
    public FilterResult tail(Node node, int depth) {
        if (!(node instanceof Element element)) {
            return FilterResult.CONTINUE;
        }
        String name = element.normalName();
        if (element == root) {
            flush();
            box.end = blocks.size();
        } else if (element == links.peekLast()) {
            links.removeLast();
        } else if (element == whole) {
            close();
            whole = null;
            line.endCode();
        } else if (whole != null) {
            if (isBox(name)) {
                line.boundary();
            }
        } else if (isBox(name)) {
            close();
        }
        return FilterResult.CONTINUE;
    }

    private static boolean isBox(String name) {
        return BLOCKS.contains(name) || name.indexOf('-') > 0 && !INLINE_MATHS.contains(name);
    }

    private static boolean name(Box box, String name) {
        return box.name.equals(name);
    }

    private FilterResult open(Element element, String name) {
        if (whole != null) {
            if (isCell(name)) {
                line.cell();
            } else {
                line.boundary();
            }
            return FilterResult.CONTINUE;
        }
        flush();
        Box parent = box;
        box = new Box(parent, name, signs.of(element, name), element.className(), blocks.size());
        boxes.add(box);
        parent.children.add(box);
        if (box.has(Signs.MAIN)) {
            for (Box at = box; at != null && !at.holdsMain; at = at.parent) {
                at.holdsMain = true;
            }
        }
        switch (name) {
            case "ol" -> box.ordinal = start(element);
            case "li" -> {
                if (parent.ordinal > 0 && name(parent, "ol")) {
                    box.ordinal = parent.ordinal++;
                }
            }
            case "pre", "listing", "xmp", "plaintext" -> {
                whole = element;
                line.beginCode();
            }
            case "tr" -> {
                Box table = box.group;
                if (table != null && name(table, "table") && Rows.isData(element, table)) {
                    whole = element;
                }
            }
            default -> {}
        }
        return FilterResult.CONTINUE;
    }

    private static boolean isCell(String name) {
        return name.equals("td") || name.equals("th");
    }

    private static int start(Element list) {
        String start = list.attr("start");
        return start.length() <= 6 && !start.isEmpty() && start.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Math.max(1, Integer.parseInt(start))
                : 1;
    }

    private FilterResult openInline(Element element, String name) {
        switch (name) {
            case "br" -> {
                if (line.lineBreak()) {
                    flush(); // two of them are how old pages write paragraphs
                }
                return FilterResult.CONTINUE;
            }
            case "sup" -> {
                Element first = element.firstElementChild();
                if (first != null
                        && first.normalName().equals("a")
                        && first.attr("href").contains("#")) {
                    return FilterResult.SKIP_ENTIRELY; // the mark of a footnote
                }
            }
            case "a" -> {
                if (isAnchorMark(element)) {
                    return FilterResult.SKIP_ENTIRELY;
                }
            }
            default -> {}
        }
        if (element.attributesSize() > 0 && !line.isCode() && !isLegible(element, name)) {
            return FilterResult.SKIP_ENTIRELY;
        }
        if (name.equals("a") && element.hasAttr("href") && Rows.isShorter(element, LONGEST_LINK)) {
            links.addLast(element);
        }
        return FilterResult.CONTINUE;
    }

    /// The sign beside a heading that links to itself.
    private static boolean isAnchorMark(Element link) {
        return link.attr("href").startsWith("#")
                && Rows.isShorter(link, 3)
                && link.text().chars().noneMatch(Character::isLetterOrDigit);
    }

    private boolean isLegible(Element element, String name) {
        int said = signs.of(element, name);
        if ((said & Signs.HIDDEN) != 0) {
            return false;
        }
        return (said & (Signs.STRONG | Signs.COMMENT)) == 0
                || (said & Signs.CONTENT) != 0
                || !Rows.isShorter(element, LONGEST_LABEL);
    }

    private void noteMailField(Element input) {
        String about = (input.attr("type") + ' ' + input.attr("name") + ' ' + input.attr("placeholder"))
                .toLowerCase(Locale.ROOT);
        if (about.contains("mail")) {
            for (Box at = box; at != null && !at.asksForMail; at = at.parent) {
                at.asksForMail = true;
            }
        }
    }

    private void close() {
        flush();
        box.end = blocks.size();
        if (box.parent != null) {
            box = box.parent;
        }
    }

    private void flush() {
        boolean code = line.isCode();
        int links = line.linkCharacters();
        String text = line.take();
        if (text.isEmpty()) {
            return;
        }
        blocks.add(block(text, Words.count(text), links, code));
    }

    private Block block(String text, int words, int links, boolean code) {
        Box group = box.group == null ? box : box.group;
        if (code) {
            return new Block(Block.Kind.CODE, 0, text, words, links, box, group, box.quoted);
        }
        if (name(box, "tr")) {
            Block.Kind kind = text.contains(Line.CELL) ? Block.Kind.ROW : Block.Kind.PARAGRAPH;
            return new Block(kind, 0, text, words, links, box, group, box.quoted);
        }
        if (box.headingLevel > 0 && words <= 40) {
            return new Block(
                    Block.Kind.HEADING, box.headingLevel, text.replace('\n', ' '), words, links, box, box, box.quoted);
        }
        Box item = box.item;
        if (item != null && group != box && !name(group, "table")) {
            boolean first = !item.marked;
            item.marked = true;
            return new Block(
                    first ? Block.Kind.ITEM : Block.Kind.PARAGRAPH,
                    first ? item.ordinal : 0,
                    text,
                    words,
                    links,
                    box,
                    group,
                    box.quoted);
        }
        return new Block(Block.Kind.PARAGRAPH, 0, text, words, links, box, box, box.quoted);
    }
}
