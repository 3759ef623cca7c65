package org.millrace.cleaner.text;

/// A run of text that a browser shows on lines of its own, and what can be said of it without
/// knowing its language.
///
/// @param level 1 to 6 for headings, the ordinal for items of a numbered list, else 0
/// @param text spaces collapsed but in code, never blank; a single line break is the author's
/// @param words counted, or estimated where a script has no spaces
/// @param linkCharacters how many of the characters are inside links
/// @param box the box that the text stands in directly
/// @param group the list or table that the block belongs to, else `box`
/// @param quoted inside a block quotation
record Block(Kind kind, int level, String text, int words, int linkCharacters, Box box, Box group, boolean quoted) {

    enum Kind {
        HEADING,
        PARAGRAPH,
        ITEM,
        ROW,
        CODE
    }

    private static final double LINKED = 0.5;
    private static final int LINE_OF_PROSE = 8;
    private static final int SHORT_SENTENCE = 4;
    private static final int SURE_PROSE = 15;
    private static final String ENDS = ".!?…:;\"”’»«。！？；：」』）؟۔।॥។";

    boolean linked() {
        return linkCharacters > LINKED * text.length();
    }

    /// Text that somebody wrote to be read, as far as one block alone can tell.
    boolean isProse() {
        return switch (kind) {
            case HEADING -> false;
            case PARAGRAPH -> !linked() && (words >= LINE_OF_PROSE || words >= SHORT_SENTENCE && endsSentence());
            case ITEM, ROW -> !linked();
            case CODE -> true;
        };
    }

    /// Prose that a line such as "Posted on 3 May by the editors in Garden" cannot be taken for.
    boolean isSurelyProse() {
        return isProse() && (kind != Kind.PARAGRAPH || words >= SURE_PROSE || endsSentence());
    }

    /// How many words speak for the box that holds this block.
    int weight() {
        return switch (kind) {
            case HEADING -> 0;
            case PARAGRAPH -> isProse() ? words : 0;
            case ITEM, ROW -> linked() ? 0 : words >= SHORT_SENTENCE ? words : words / 2;
            case CODE -> (words + 1) / 2;
        };
    }

    boolean endsSentence() {
        int end = text.length() - 1;
        while (end > 0 && text.charAt(end) == ')') {
            end--;
        }
        return ENDS.indexOf(text.charAt(end)) >= 0;
    }
}
