package org.millrace.cleaner.text;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An element that starts a line of its own. The blocks below it are neighbours in
/// [Outline#blocks()], so a box is a range of them, and sums over a box cost nothing.
final class Box {

    final @Nullable Box parent;
    final String name;
    final int signs;
    final String style;
    final List<Box> children = new ArrayList<>(4);

    /// Of the heading that this box is or stands in, 0 for none.
    final int headingLevel;

    /// The item of a list that this box is or stands in.
    final @Nullable Box item;

    /// The list or table around this box.
    final @Nullable Box group;

    final boolean quoted;

    int first;
    int end;

    /// `main` or the marked body of an article lies here or below.
    boolean holdsMain;

    /// A field for an e-mail address lies here or below.
    boolean asksForMail;

    /// Of a list: the number of its next item, 0 for bullets. Of an item: its number.
    int ordinal;

    /// Of an item: whether its first line, the one with the mark, has been written.
    boolean marked;

    /// Of a table: it has header cells, so it is one of data.
    boolean headed;

    /// @param style class attribute, to compare siblings by
    Box(@Nullable Box parent, String name, int signs, String style, int first) {
        this.parent = parent;
        this.name = name;
        this.signs = signs;
        this.style = style;
        this.first = first;
        this.end = first;
        this.headingLevel = levelOf(name, parent);
        this.item = isItem(name) ? this : inherited(parent, name);
        this.group = isList(name) || name.equals("table") ? this : parent == null ? null : parent.group;
        this.quoted = name.equals("blockquote") || parent != null && parent.quoted;
    }

    boolean has(int sign) {
        return (signs & sign) != 0;
    }

    /// No box inside: one paragraph, one item, one heading.
    boolean isLeaf() {
        return children.isEmpty();
    }

    boolean contains(int block) {
        return first <= block && block < end;
    }

    boolean isEmpty() {
        return first == end;
    }

    static boolean isList(String name) {
        return name.equals("ul") || name.equals("ol") || name.equals("dl");
    }

    private static boolean isItem(String name) {
        return name.equals("li") || name.equals("dt") || name.equals("dd");
    }

    /// A heading that nobody closed holds the paragraphs that follow; they are no headings.
    private static int levelOf(String name, @Nullable Box parent) {
        if (name.length() == 2 && name.charAt(0) == 'h' && name.charAt(1) >= '1' && name.charAt(1) <= '6') {
            return name.charAt(1) - '0';
        }
        return parent != null && name.equals("div") ? parent.headingLevel : 0;
    }

    /// A cell or a quotation inside an item starts anew.
    private static @Nullable Box inherited(@Nullable Box parent, String name) {
        return parent == null || name.equals("td") || name.equals("article") ? null : parent.item;
    }
}
