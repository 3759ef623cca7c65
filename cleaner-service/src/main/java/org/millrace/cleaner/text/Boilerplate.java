package org.millrace.cleaner.text;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Takes away what belongs to the site and not to the text: by tag, role and visibility, by the
/// words in `class` and `id`, and by stock phrases.
///
/// A sign can be wrong ("page-with-sidebar" on the wrapper of everything), so a box that holds the
/// page's title, its `main`, or most of its prose is never taken for a sign alone.
final class Boilerplate {

    /// How far to trust the signs: a page that comes out empty is read again with less suspicion.
    enum Suspicion {
        ALL_SIGNS,
        STRONG_SIGNS,
        ALL_BUT_COMMENTS,
        TAGS,
        NOTHING
    }

    private static final double NEARLY_ALL = 0.8;
    private static final double MOST = 0.5;
    private static final double MUCH = 0.3;
    private static final double LINKED = 0.33;
    private static final int MAIL_BOX_WORDS = 60;

    private final Outline page;
    private final int total;
    private final int headline;

    /// @param headline index of the block with the title, -1 if unknown
    Boilerplate(Outline page, int headline) {
        this.page = page;
        this.total = Math.max(1, visibleWeight(page.body()));
        this.headline = headline;
    }

    boolean[] blocks(Suspicion suspicion) {
        boolean[] gone = new boolean[page.size()];
        int goneUntil = 0;
        for (Box box : page.boxes()) {
            if (box.end > goneUntil && !box.isEmpty() && box.parent != null && isBoilerplate(box, suspicion)) {
                Arrays.fill(gone, box.first, box.end, true);
                goneUntil = box.end;
            }
        }
        if (suspicion != Suspicion.NOTHING) {
            for (int i = 0; i < gone.length; i++) {
                Block block = page.blocks().get(i);
                boolean phrase = StockPhrases.isFurniture(block)
                        || StockPhrases.isNotice(block) && !inside(block.box(), Signs.ARTICLE | Signs.MAIN);
                gone[i] |= phrase && i != headline;
            }
        }
        return gone;
    }

    private boolean isBoilerplate(Box box, Suspicion suspicion) {
        if (suspicion == Suspicion.NOTHING) {
            return false;
        }
        double share = (double) page.weight(box) / total;
        if (box.has(Signs.HIDDEN)) {
            return share < NEARLY_ALL;
        }
        if (box.has(Signs.SUBSTITUTE)) {
            return true;
        }
        if (box.contains(headline) || box.holdsMain) {
            return false;
        }
        if (box.has(Signs.FURNITURE) && isFurniture(box, share)) {
            return true;
        }
        return switch (suspicion) {
            case NOTHING, TAGS -> false;
            case STRONG_SIGNS -> isStronglySigned(box, Signs.STRONG | Signs.COMMENT, share);
            case ALL_BUT_COMMENTS ->
                isStronglySigned(box, Signs.STRONG, share) || isWeaklySigned(box, share) || asksForMail(box);
            case ALL_SIGNS ->
                isStronglySigned(box, Signs.STRONG | Signs.COMMENT, share)
                        || isWeaklySigned(box, share)
                        || asksForMail(box);
        };
    }

    private boolean isFurniture(Box box, double share) {
        return switch (box.name) {
            case "nav", "menu", "dialog", "figcaption", "search" -> share < NEARLY_ALL;
            case "footer" -> !box.quoted && share < MOST;
            case "aside" ->
                share < MOST && !(box.has(Signs.CONTENT) && !box.has(Signs.STRONG | Signs.WEAK | Signs.COMMENT));
            case "header" -> share < MOST && !inside(box, Signs.ARTICLE | Signs.MAIN);
            case "form" -> share < MUCH; // some frameworks wrap the whole page in one form
            default -> share < MOST;
        };
    }

    private boolean isStronglySigned(Box box, int signs, double share) {
        return box.has(signs)
                && !box.name.equals("pre")
                && (share < NEARLY_ALL || isBehindHeadline(box))
                && !(box.has(Signs.CONTENT) && share >= MOST)
                && !(box.has(Signs.BODY) && share >= MUCH);
    }

    /// Comments may be longer than what they are about; a text is seldom signed so and outside of
    /// its title.
    private boolean isBehindHeadline(Box box) {
        return headline >= 0 && box.first > headline;
    }

    private boolean isWeaklySigned(Box box, double share) {
        if (!box.has(Signs.WEAK) || box.has(Signs.ARTICLE) || share >= MUCH || box.name.equals("pre")) {
            return false;
        }
        if (box.headingLevel > 0 || page.blocks().get(box.first).kind() == Block.Kind.CODE) {
            return false; // "header" on a heading means what it says, and so does "toolbar" on a listing
        }
        boolean bare = page.weight(box) == 0 || page.linkDensity(box) > LINKED;
        return bare || !box.has(Signs.CONTENT);
    }

    /// "Never miss a story": a short box around a field for an address.
    private boolean asksForMail(Box box) {
        return box.asksForMail && page.words(box) <= MAIL_BOX_WORDS;
    }

    private static boolean inside(Box box, int sign) {
        for (Box at = box.parent; at != null; at = at.parent) {
            if (at.has(sign)) {
                return true;
            }
        }
        return false;
    }

    /// What stands in the open and outside of navigation: shares are shares of this.
    private int visibleWeight(Box body) {
        int sum = page.weight(body);
        @Nullable Box last = null;
        for (Box box : page.boxes()) {
            boolean aside = box.has(Signs.HIDDEN | Signs.SUBSTITUTE) || box.name.equals("nav");
            if (aside && (last == null || box.first >= last.end)) {
                int weight = page.weight(box);
                sum -= weight < NEARLY_ALL * page.weight(body) ? weight : 0;
                last = box;
            }
        }
        return sum;
    }
}
