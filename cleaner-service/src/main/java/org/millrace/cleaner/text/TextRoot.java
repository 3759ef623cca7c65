package org.millrace.cleaner.text;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Chooses the part of the page that holds its text. First by what the author says (`main`, the one
/// `article`, a box named as the body of the text), if the page's prose is really there; then by
/// going down for as long as one box holds nearly all of the prose. Its neighbours are judged by
/// their likeness to it.
///
/// ```text
/// body ─► main ─► article ─► body of the article ─► the box with most prose ─► back up to the
/// title
/// ```
final class TextRoot {

    private static final double TRUSTED_MAIN = 0.2;
    private static final double MOST = 0.5;
    private static final double NEARLY_ALL = 0.85;
    private static final double ALL = 0.97;
    private static final double COLUMN_OF_LINKS = 0.35;
    private static final double LINKED = 0.3;
    private static final int STANDFIRST_WORDS = 90;
    private static final int LINE_OF_PROSE = 12;

    private static final Set<String> TEXT_BOXES = Set.of(
            "p",
            "li",
            "dt",
            "dd",
            "pre",
            "blockquote",
            "ul",
            "ol",
            "dl",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "figure",
            "details",
            "address");

    private static final Pattern COLUMN = Pattern.compile("(?i)(?<!\\p{L})(?:col|column|cell|grid|span|box)");

    private final Outline page;
    private final boolean[] gone;
    private final int headline;
    private final int[] prose;

    private TextRoot(Outline page, boolean[] gone, int headline) {
        this.page = page;
        this.gone = gone.clone();
        this.headline = headline;
        this.prose = new int[page.size() + 1];
        for (int i = 0; i < page.size(); i++) {
            prose[i + 1] = prose[i] + (gone[i] ? 0 : page.blocks().get(i).weight());
        }
    }

    /// @param gone blocks that are boilerplate
    /// @param headline index of the block with the title, -1 if unknown
    /// @return blocks that are not part of the text, boilerplate included
    static boolean[] outside(Outline page, boolean[] gone, int headline) {
        return new TextRoot(page, gone, headline).outside();
    }

    private boolean[] outside() {
        Box root = page.body();
        Box main = heaviest(root, Signs.MAIN);
        if (main != null && prose(main) >= TRUSTED_MAIN * prose(root)) {
            root = main;
        }
        Box article = article(root);
        boolean trusted = article != null;
        root = article == null ? root : article;
        root = marked(root);
        root = descended(root);
        dropNeighbours(root, trusted);
        Box around = aroundHeadline(root);
        if (around != root) {
            dropStrangers(around, root);
        }
        int start = around == root ? root.first : Math.min(root.first, headline < 0 ? root.first : headline);
        Arrays.fill(gone, 0, start, true);
        Arrays.fill(gone, around.end, gone.length, true);
        return gone;
    }

    private int prose(Box box) {
        return prose[box.end] - prose[box.first];
    }

    private @Nullable Box heaviest(Box root, int sign) {
        Box heaviest = null;
        for (Box box : page.boxes()) {
            if (box.has(sign) && inside(box, root) && (heaviest == null || prose(box) > prose(heaviest))) {
                heaviest = box;
            }
        }
        return heaviest;
    }

    /// The one article of the page, if it is not one of several.
    private @Nullable Box article(Box root) {
        Box first = heaviest(root, Signs.ARTICLE);
        if (first == null || prose(first) == 0) {
            return null;
        }
        int second = second(root, first, Signs.ARTICLE);
        double share = (double) prose(first) / Math.max(1, prose(root));
        boolean sure = first.contains(headline) ? share >= LINKED : share >= MOST && second < LINKED * prose(first);
        return sure ? first : null;
    }

    private int second(Box root, Box first, int sign) {
        int second = 0;
        for (Box box : page.boxes()) {
            if (box.has(sign) && inside(box, root) && (box.end <= first.first || box.first >= first.end)) {
                second = Math.max(second, prose(box));
            }
        }
        return second;
    }

    /// The box that calls itself the body of the article, if there is one such box.
    private Box marked(Box root) {
        Box marked = heaviest(root, Signs.BODY);
        if (marked == null || TEXT_BOXES.contains(marked.name) || prose(marked) < 0.6 * prose(root)) {
            return root;
        }
        return second(root, marked, Signs.BODY) < 0.15 * prose(marked) ? marked : root;
    }

    private Box descended(Box start) {
        Box root = start;
        while (true) {
            Box best = null;
            for (Box child : root.children) {
                if (best == null || prose(child) > prose(best)) {
                    best = child;
                }
            }
            if (best == null || isText(best)) {
                return root;
            }
            double share = (double) prose(best) / Math.max(1, prose(root));
            boolean one = share >= ALL
                    || share >= NEARLY_ALL && isAlone(best, root, true)
                    || share >= MOST && best.contains(headline) && isAlone(best, root, false);
            if (!one) {
                return root;
            }
            root = best;
        }
    }

    /// Whether the box has no neighbour that may belong to the same text: sections of one text look
    /// alike.
    ///
    /// @param nearlyAll the neighbours hold so little that single lines below the box do not count
    private boolean isAlone(Box box, Box parent, boolean nearlyAll) {
        for (Box child : parent.children) {
            if (child == box || prose(child) == 0) {
                continue;
            }
            boolean behind = child.first >= box.end;
            boolean whole = nearlyAll && box.contains(headline);
            boolean related = isText(child)
                    ? (behind ? !whole : child.first > headline)
                    : whole ? isSection(child, box) : isAlike(child, box) || isContent(child);
            if (related && page.linkDensity(child) <= LINKED) {
                return false;
            }
        }
        return true;
    }

    /// Named alike on purpose; columns are named alike because they are columns.
    private static boolean isSection(Box a, Box b) {
        return a.name.equals("section") && b.name.equals("section") && a.style.equals(b.style)
                || !a.style.isEmpty()
                        && a.style.equals(b.style)
                        && !COLUMN.matcher(a.style).find();
    }

    private static boolean isText(Box box) {
        return box.isLeaf() || TEXT_BOXES.contains(box.name);
    }

    private static boolean isContent(Box box) {
        return box.has(Signs.CONTENT) && !box.has(Signs.STRONG | Signs.WEAK | Signs.COMMENT);
    }

    /// Columns of links, and boxes of another kind than the one with the text.
    private void dropNeighbours(Box root, boolean trusted) {
        Box heaviest = null;
        int direct = prose(root);
        for (Box child : root.children) {
            if (!isText(child)) {
                direct -= prose(child);
                if (heaviest == null || prose(child) > prose(heaviest)) {
                    heaviest = child;
                }
            }
        }
        boolean container = heaviest != null && prose(heaviest) >= MOST * prose(root);
        for (Box child : root.children) {
            if (child == heaviest || isText(child) || child.contains(headline)) {
                continue;
            }
            double links = page.linkDensity(child);
            boolean stranger = container
                    && !trusted
                    && direct < LINKED * prose(root)
                    && heaviest != null
                    && !isAlike(child, heaviest)
                    && !(isContent(child) && !heaviest.contains(headline))
                    && prose(child) < MOST * prose(heaviest)
                    && !(headline >= 0 && child.first >= headline && child.end <= heaviest.first);
            if (stranger || links > COLUMN_OF_LINKS) {
                drop(child);
            }
        }
    }

    private static boolean isAlike(Box a, Box b) {
        if (!a.name.equals(b.name)) {
            return false;
        }
        Set<String> first = Set.copyOf(
                List.of(a.style.strip().split("\\s+")).stream().distinct().toList());
        Set<String> second = new HashSet<>(List.of(b.style.strip().split("\\s+")));
        int all = first.size() + second.size();
        second.retainAll(first);
        return 3 * second.size() >= all - second.size(); // at least a third of all names in common
    }

    /// The smallest box that also holds the title, if the way there holds little else.
    private Box aroundHeadline(Box root) {
        if (headline < 0 || root.contains(headline) || headline > root.first) {
            return root;
        }
        for (Box at = root.parent; at != null; at = at.parent) {
            if (at.contains(headline)) {
                int between = prose[root.first] - prose[headline];
                return between <= STANDFIRST_WORDS ? at : root;
            }
        }
        return root;
    }

    /// Between the title and the text everything may stay that stands in line; behind the text only
    /// what reads like it.
    private void dropStrangers(Box around, Box root) {
        for (Box box : page.boxes()) {
            boolean before = box.first > headline && box.end <= root.first;
            boolean behind = box.first >= root.end && box.end <= around.end;
            if (box.isEmpty() || !before && !behind || box.parent == null) {
                continue;
            }
            if (before && page.linkDensity(box) > COLUMN_OF_LINKS) {
                drop(box);
            } else if (behind && !box.parent.contains(root.end - 1) && !box.isLeaf()) {
                continue; // its parent was judged
            } else if (behind && !readsOn(box, root)) {
                drop(box);
            }
        }
        for (int i = root.end; i < around.end; i++) {
            gone[i] |= page.blocks().get(i).words() < LINE_OF_PROSE;
        }
    }

    private boolean readsOn(Box box, Box root) {
        return prose(box) > 0 && page.linkDensity(box) < 0.1 && (isText(box) || isAlike(box, root));
    }

    private void drop(Box box) {
        Arrays.fill(gone, box.first, box.end, true);
    }

    private static boolean inside(Box box, Box root) {
        return root.first <= box.first && box.end <= root.end;
    }
}
