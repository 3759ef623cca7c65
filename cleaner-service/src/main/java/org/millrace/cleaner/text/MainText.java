package org.millrace.cleaner.text;

import java.util.List;
import org.jsoup.nodes.Document;
import org.millrace.cleaner.text.Boilerplate.Suspicion;

/// The text that a page was made for.
///
/// ```text
///   blocks ─► boilerplate out ─► the part with the prose ─► links, teasers, edges out ─► text
///                 ▲                                                        │
///                 └──── next to nothing: again with less suspicion ◄───────┘
///                       at last what the page tells search engines
/// ```
///
/// @param blocks in reading order
/// @param headline the one of them that shows the page's title, -1 if none does
record MainText(List<Block> blocks, int headline) {

    /// Below this the extraction may have thrown the text away with the boilerplate.
    private static final int SUSPICIOUSLY_FEW_WORDS = 25;

    /// Only below this are comments and banners believed to be the text: a thin page stays thin.
    private static final int NEXT_TO_NOTHING = 5;

    static MainText of(Document document, Metadata metadata) {
        Outline page = Outline.of(document);
        List<String> titles = metadata.titles();
        int headline = Headline.find(page, new boolean[page.size()], titles);
        Block title = headline < 0 ? null : page.blocks().get(headline);
        Boilerplate boilerplate = new Boilerplate(page, headline);
        MainText best = new MainText(List.of(), -1);
        for (Suspicion suspicion : Suspicion.values()) {
            boolean[] gone = boilerplate.blocks(suspicion);
            List<Block> blocks = Selection.of(page, TextRoot.outside(page, gone, headline), headline);
            MainText found = new MainText(blocks, title == null ? -1 : blocks.indexOf(title));
            if (best.blocks().isEmpty() || found.words() > factor(suspicion, best) * best.words()) {
                best = found;
            }
            if (best.words() >= SUSPICIOUSLY_FEW_WORDS
                    || best.words() >= NEXT_TO_NOTHING && suspicion == Suspicion.ALL_BUT_COMMENTS) {
                break;
            }
        }
        return best;
    }

    /// Less suspicion always finds more words; it must find a different page to be believed. A thin
    /// page under lively comments stays thin, a forum whose posts are called comments is read.
    private static int factor(Suspicion suspicion, MainText best) {
        return suspicion == Suspicion.ALL_BUT_COMMENTS && best.words() >= NEXT_TO_NOTHING ? 10 : 3;
    }

    /// All words of a document that is nothing but text.
    static String everything(Document document) {
        return Rendering.body(new MainText(Outline.of(document).blocks(), -1));
    }

    /// Without those of the title.
    int words() {
        int words = 0;
        for (int i = 0; i < blocks.size(); i++) {
            words += i == headline ? 0 : blocks.get(i).words();
        }
        return words;
    }
}
