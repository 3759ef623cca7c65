package org.millrace.cleaner.text;

import java.util.List;
import org.millrace.cleaner.text.Block.Kind;

/// Writes blocks down, for training and for comparing.
final class Rendering {

    private Rendering() {}

    /// Markdown-like: paragraphs apart by a blank line, headings below the title with `#`, items of
    /// lists with `-` or their number, rows of tables as `cell | cell`, code in fences, quotations
    /// with `>`. The title itself is a plain line, as prose would have it.
    static String text(MainText main) {
        StringBuilder text = new StringBuilder();
        List<Block> blocks = main.blocks();
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            if (i > 0) {
                boolean together = block.group() == blocks.get(i - 1).group()
                        && (block.kind() == Kind.ITEM || block.kind() == Kind.ROW);
                text.append(together ? "\n" : "\n\n");
            }
            append(text, block, i == main.headline());
        }
        return PlainText.of(text.toString());
    }

    private static void append(StringBuilder text, Block block, boolean headline) {
        if (block.quoted() && block.kind() == Kind.PARAGRAPH) {
            text.append("> ").append(block.text().replace("\n", "\n> "));
            return;
        }
        switch (block.kind()) {
            case HEADING -> {
                if (!headline) {
                    text.append("#".repeat(block.level())).append(' ');
                }
                text.append(block.text());
            }
            case ITEM -> {
                if (block.level() > 0) {
                    text.append(block.level()).append(". ");
                } else {
                    text.append("- ");
                }
                text.append(block.text());
            }
            case CODE -> text.append("```\n").append(block.text()).append("\n```");
            case PARAGRAPH, ROW -> text.append(block.text());
        }
    }

    /// The words of the article alone: without its title, and without any mark.
    static String body(MainText main) {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < main.blocks().size(); i++) {
            if (i != main.headline()) {
                Block block = main.blocks().get(i);
                String words = block.kind() == Kind.ROW ? block.text().replace(Line.CELL, " ") : block.text();
                body.append(body.isEmpty() ? "" : "\n\n").append(words);
            }
        }
        return PlainText.of(body.toString());
    }
}
