package org.millrace.cleaner.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.millrace.cleaner.text.Block.Kind;

/// Takes away, inside the part of the page that holds the text, what is no text: lists of links,
/// rows of teasers, what comes after the text, lines between title and text, headings of nothing.
final class Selection {

    private static final double LINKED = 0.5;

    /// Characters: "Next message: " and a link.
    private static final int LABEL = 24;

    private static final int LINKED_PROSE = 30;
    private static final int CARD_WORDS = 50;
    private static final int STANDFIRST = 8;
    private static final int DATELINE = 14;

    /// Blocks; a year further down is what the text is about.
    private static final int NEAR = 8;

    private static final Pattern YEAR = Pattern.compile("(?<!\\d)(?:19|20)\\d\\d(?!\\d)");
    private static final int ENOUGH = 60;

    private final Outline page;
    private final boolean[] gone;
    private final int headline;

    private Selection(Outline page, boolean[] outside, int headline) {
        this.page = page;
        this.gone = outside;
        this.headline = headline >= 0 && !outside[headline] ? headline : -1;
    }

    /// @param outside blocks that are not to be looked at; taken over
    static List<Block> of(Outline page, boolean[] outside, int headline) {
        Selection selection = new Selection(page, outside, headline);
        selection.dropRepeatedTitles();
        selection.dropAfterwords();
        selection.dropCards();
        selection.dropLinkLists();
        selection.dropDatelines();
        selection.trim();
        selection.dropLonelyHeadings();
        List<Block> kept = new ArrayList<>();
        for (int i = 0; i < page.size(); i++) {
            if (!selection.gone[i]) {
                kept.add(page.blocks().get(i));
            }
        }
        return kept;
    }

    private Block block(int i) {
        return page.blocks().get(i);
    }

    /// Sums of the weights of what is left, before each block.
    private int[] weights() {
        int[] weights = new int[page.size() + 1];
        for (int i = 0; i < page.size(); i++) {
            weights[i + 1] = weights[i] + (gone[i] ? 0 : block(i).weight());
        }
        return weights;
    }

    /// Each post of a thread says again what it is about.
    private void dropRepeatedTitles() {
        String title = headline < 0 ? "" : Headline.simple(block(headline).text());
        for (int i = headline + 1; i < page.size() && !title.isEmpty(); i++) {
            if (!gone[i] && block(i).kind() == Kind.HEADING) {
                String heading = Headline.simple(block(i).text());
                gone[i] = heading.equals(title) || heading.equals("re " + title);
            }
        }
    }

    /// "Related articles" and all that follows in its box, or up to the next heading of its rank.
    private void dropAfterwords() {
        int[] weights = weights();
        int total = weights[page.size()];
        for (int i = Math.max(0, headline + 1); i < page.size(); i++) {
            if (gone[i] || !StockPhrases.opensAfterword(block(i))) {
                continue;
            }
            int end = endOfSection(i);
            boolean small = weights[end] - weights[i] < LINKED * total;
            if (small || weights[end] == total && weights[i] >= ENOUGH) {
                Arrays.fill(gone, i, end, true);
            }
        }
    }

    private int endOfSection(int opening) {
        Block block = block(opening);
        Box labelled = block.box();
        while (labelled.parent != null
                && labelled.parent.first == opening
                && labelled.parent.parent != null
                && !labelled.parent.contains(headline)) {
            labelled = labelled.parent;
        }
        if (labelled.end > opening + 1) {
            return labelled.end;
        }
        Box around = labelled.parent == null ? labelled : labelled.parent;
        int end = opening + 1;
        if (block.kind() == Kind.HEADING) {
            while (end < around.end
                    && !(block(end).kind() == Kind.HEADING && block(end).level() <= block.level())) {
                end++;
            }
        } else {
            while (end < around.end && !block(end).isProse() && block(end).kind() != Kind.HEADING) {
                end++;
            }
        }
        return end;
    }

    /// Several like boxes, each a linked headline over a line or two, beside a text that is longer.
    private void dropCards() {
        int[] weights = weights();
        int total = weights[page.size()];
        for (Box box : page.boxes()) {
            if (box.children.size() < 2 || box.isEmpty() || gone[box.first] && gone[box.end - 1]) {
                continue;
            }
            int prose = weights[box.end] - weights[box.first];
            int rest = total - prose;
            if (rest >= 2 * prose + ENOUGH && !box.contains(headline) && areCards(box)) {
                Arrays.fill(gone, box.first, box.end, true);
            }
        }
    }

    private boolean areCards(Box box) {
        int cards = 0;
        int others = 0;
        for (Box child : box.children) {
            if (child.isEmpty() || child.isLeaf() && !block(child.first).isProse()) {
                continue;
            }
            if (child.end - child.first >= 2 && page.words(child) <= CARD_WORDS && startsLinked(child)) {
                cards++;
            } else {
                others++;
            }
        }
        return cards >= 2 && cards >= 4 * others;
    }

    private boolean startsLinked(Box box) {
        return block(box.first).linked()
                || box.end - box.first > 1 && block(box.first + 1).linked();
    }

    /// Menus, tag clouds, lists of other pages. A list is judged as a whole: one linked item in a
    /// list of prose stays, one unlinked item in a menu goes. A list that a sentence leads up to
    /// stays.
    private void dropLinkLists() {
        Map<Box, int[]> groups = new IdentityHashMap<>();
        for (int i = 0; i < page.size(); i++) {
            if (!gone[i]) {
                int[] sums = groups.computeIfAbsent(block(i).group(), _ -> new int[5]);
                sums[0] += block(i).linkCharacters();
                sums[1] += block(i).text().length();
                sums[2] = sums[2] == 0 ? i + 1 : sums[2];
                sums[3]++;
                sums[4] += block(i).linkCharacters() > 0 ? 1 : 0;
            }
        }
        for (int i = 0; i < page.size(); i++) {
            int[] sums = gone[i] ? null : groups.get(block(i).group());
            if (sums == null || block(i).kind() == Kind.HEADING || block(i).kind() == Kind.CODE) {
                continue;
            }
            boolean labels = sums[3] > 1 && sums[4] == sums[3] && sums[1] - sums[0] <= LABEL * sums[3];
            boolean linked = sums[0] > (labels ? LINKED / 2 : LINKED) * sums[1];
            boolean prose = block(i).kind() == Kind.PARAGRAPH && block(i).words() >= LINKED_PROSE;
            gone[i] = linked && !prose && !isLedUpTo(sums[2] - 1);
        }
    }

    private boolean isLedUpTo(int first) {
        int before = first - 1;
        while (before >= 0 && gone[before]) {
            before--;
        }
        return before >= 0
                && block(first).kind() == Kind.ITEM
                && block(before).kind() == Kind.PARAGRAPH
                && block(before).isProse()
                && (block(before).text().endsWith(":") || block(before).text().endsWith("："));
    }

    /// "By the editors, 5 March 2024", below the title or below the standfirst: a line with a year
    /// that is no sentence.
    private void dropDatelines() {
        for (int i = headline + 1; headline >= 0 && i < Math.min(page.size(), headline + NEAR); i++) {
            Block block = block(i);
            boolean line = block.kind() == Kind.PARAGRAPH && block.words() <= DATELINE && !block.endsSentence();
            gone[i] |= line && YEAR.matcher(block.text()).find();
        }
    }

    /// Between the title and the first sure prose only headings and prose stay; behind the last
    /// sure prose nothing.
    private void trim() {
        int first = 0;
        while (first < page.size() && (gone[first] || !block(first).isSurelyProse())) {
            first++;
        }
        if (first == page.size()) {
            return; // a thin page: what little there is shall be measured
        }
        int last = page.size() - 1;
        while (gone[last] || !block(last).isSurelyProse()) {
            last--;
        }
        int start = first;
        for (int i = first - 1; i >= 0 && i >= headline; i--) {
            if (!gone[i] && block(i).kind() == Kind.HEADING) {
                start = i;
            } else if (!gone[i] && headline < 0) {
                break;
            }
        }
        for (int i = 0; i < page.size(); i++) {
            boolean heading = i == headline || block(i).kind() == Kind.HEADING;
            gone[i] |= i < start && i != headline || i > last || i < first && !heading;
        }
    }

    /// A heading needs something below it, before the next heading of its rank, and that must not
    /// have been taken away.
    private void dropLonelyHeadings() {
        int level = 0;
        boolean text = false;
        int[] below = new int[8]; // whether text stands below, by level of the heading that asks
        for (int i = page.size() - 1; i >= 0; i--) {
            Block block = block(i);
            if (gone[i]) {
                continue;
            }
            if (block.kind() != Kind.HEADING) {
                Arrays.fill(below, 1);
                text = true;
                continue;
            }
            level = Math.min(6, block.level());
            boolean lonely = text && below[level] == 0 || !text || firstBelowIsGone(i);
            if (lonely && i != headline && !isStandfirst(block)) {
                gone[i] = true;
                continue;
            }
            for (int l = level; l < below.length; l++) {
                below[l] = 0;
            }
        }
    }

    /// Some set the first sentence below the title as a heading.
    private static boolean isStandfirst(Block heading) {
        return heading.words() >= STANDFIRST && heading.endsSentence();
    }

    /// The heading of a list that was taken away, in a box where nothing else is.
    private boolean firstBelowIsGone(int heading) {
        Box around = block(heading).box();
        while (around.parent != null && around.end <= heading + 1) {
            around = around.parent;
        }
        int i = heading + 1;
        while (i < around.end && block(i).kind() != Kind.HEADING) {
            if (!gone[i]) {
                return false;
            }
            i++;
        }
        boolean continues = i < around.end
                && block(i).kind() == Kind.HEADING
                && block(i).level() > block(heading).level();
        return i > heading + 1 && !continues;
    }
}
