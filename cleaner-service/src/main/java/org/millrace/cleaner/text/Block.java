package org.millrace.cleaner.text;

import org.jsoup.nodes.Element;

/// A run of text that a browser shows on lines of its own.
///
/// @param level 1 to 6 for headings, else 0
/// @param text spaces collapsed, never blank
/// @param linkCharacters how many of the characters are inside links
/// @param owner the element that the text stands in
/// @param group the list or table that the block belongs to, else `owner`
record Block(Kind kind, int level, String text, int linkCharacters, Element owner, Element group) {

    enum Kind {
        HEADING,
        PARAGRAPH,
        ITEM,
        ROW
    }

    int words() {
        int words = 1;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == ' ' || text.charAt(i) == '\n') {
                words++;
            }
        }
        return words;
    }

    boolean endsSentence() {
        return ".!?…:;\"”’»。！？؟।".indexOf(text.charAt(text.length() - 1)) >= 0;
    }
}
