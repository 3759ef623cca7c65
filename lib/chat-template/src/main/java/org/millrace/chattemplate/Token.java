package org.millrace.chattemplate;

/// @param text of a NAME, INTEGER, REAL or SYMBOL as it is written; of TEXT what the literal means
record Token(Kind kind, String text, Site at) {

    enum Kind {
        DATA,
        OUTPUT_START,
        OUTPUT_END,
        BLOCK_START,
        BLOCK_END,
        NAME,
        TEXT,
        INTEGER,
        REAL,
        SYMBOL,
        END
    }

    boolean is(Kind kind, String text) {
        return this.kind == kind && this.text.equals(text);
    }

    boolean isName(String name) {
        return is(Kind.NAME, name);
    }

    boolean isSymbol(String symbol) {
        return is(Kind.SYMBOL, symbol);
    }

    String shown() {
        return switch (kind) {
            case DATA -> "text";
            case OUTPUT_START -> "{{";
            case OUTPUT_END -> "}}";
            case BLOCK_START -> "{%";
            case BLOCK_END -> "%}";
            case NAME, INTEGER, REAL, SYMBOL -> text;
            case TEXT -> "a text";
            case END -> "the end of the template";
        };
    }
}
