package org.millrace.cleaner.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.millrace.cleaner.text.Block.Kind;
import org.millrace.cleaner.text.Boilerplate.Suspicion;

/// The text that a page was made for, as lines for training.
///
/// Headings are plain lines: a marker such as `#` would teach a small model markup instead of
/// language, and counts as a symbol in the quality rules. List items start with `- `, cells of a
/// table row are joined by ` | `.
///
/// ```text
///   boilerplate out ─► main or article, if it holds most prose ─► blocks ─► links out, edges trimmed
///        ▲                                                            │
///        └──────── fewer than 25 words: again with fewer hints ◄──────┘
/// ```
final class MainText {

    /// Below this the extraction may have thrown the text away with the boilerplate.
    private static final int SUSPICIOUSLY_FEW_WORDS = 25;

    /// Only below this are comments and banners believed to be the text: a thin page stays thin.
    private static final int NEXT_TO_NOTHING = 5;

    private static final double MOST = 0.5;
    private static final double LINKED = 0.5;

    private MainText() {}

    static String of(Document document) {
        Boilerplate boilerplate = new Boilerplate(document);
        List<Block> best = List.of();
        for (Suspicion suspicion : List.of(Suspicion.ALL_HINTS, Suspicion.STRONG_HINTS, Suspicion.TAGS)) {
            List<Block> blocks = select(document.body(), boilerplate.elements(suspicion));
            // Less suspicion always finds more words; it must find a different page to be believed.
            if (words(blocks) > 3 * words(best)) {
                best = blocks;
            }
            int enough = suspicion == Suspicion.ALL_HINTS ? SUSPICIOUSLY_FEW_WORDS : NEXT_TO_NOTHING;
            if (words(best) >= enough) {
                break;
            }
        }
        return render(best);
    }

    private static List<Block> select(Element body, Set<Element> skipped) {
        Element root = root(body, Blocks.of(body, skipped));
        return withoutLonelyHeadings(trimmed(withoutLinkLists(Blocks.of(root, skipped))));
    }

    /// `main`, and in it the one `article`, if the page's prose is really there.
    private static Element root(Element body, List<Block> blocks) {
        Map<Element, Integer> prose = new HashMap<>();
        int total = 0;
        for (Block block : blocks) {
            if (isProse(block)) {
                total += block.text().length();
                for (Element at = block.owner(); at != null; at = at.parent()) {
                    prose.merge(at, block.text().length(), Integer::sum);
                }
            }
        }
        Element root = body;
        for (String query : List.of("main, [role=main]", "article", "[itemprop=articleBody]")) {
            Element heaviest = root;
            int weight = 0;
            for (Element candidate : root.select(query)) {
                int characters = prose.getOrDefault(candidate, 0);
                if (characters > weight) {
                    heaviest = candidate;
                    weight = characters;
                }
            }
            if (weight > MOST * total) {
                root = heaviest;
            }
        }
        return root;
    }

    private static boolean isProse(Block block) {
        return switch (block.kind()) {
            case HEADING -> false;
            case PARAGRAPH -> !linked(block) && (block.words() >= 8 || (block.words() >= 4 && block.endsSentence()));
            case ITEM, ROW -> !linked(block);
        };
    }

    private static boolean linked(Block block) {
        return block.linkCharacters() > LINKED * block.text().length();
    }

    /// Menus, tag clouds, lists of related pages. A list is judged as a whole: one linked item in a
    /// list of prose stays, one unlinked item in a menu goes.
    private static List<Block> withoutLinkLists(List<Block> blocks) {
        Map<Element, int[]> groups = new HashMap<>();
        for (Block block : blocks) {
            int[] sums = groups.computeIfAbsent(block.group(), _ -> new int[2]);
            sums[0] += block.linkCharacters();
            sums[1] += block.text().length();
        }
        List<Block> kept = new ArrayList<>();
        for (Block block : blocks) {
            int[] sums = groups.getOrDefault(block.group(), new int[2]);
            boolean linkList = block.kind() != Kind.HEADING
                    && sums[0] > LINKED * sums[1]
                    && !(block.kind() == Kind.PARAGRAPH && block.words() >= 30);
            if (!linkList) {
                kept.add(block);
            }
        }
        return kept;
    }

    /// From the first heading above the first prose to the last prose.
    private static List<Block> trimmed(List<Block> blocks) {
        int first = 0;
        while (first < blocks.size() && !isProse(blocks.get(first))) {
            first++;
        }
        if (first == blocks.size()) {
            return blocks; // a thin page: what little there is shall be measured
        }
        int start = first;
        for (int i = first - 1; i >= 0; i--) {
            if (blocks.get(i).kind() == Kind.HEADING) {
                start = i;
            }
        }
        int end = blocks.size();
        while (!isProse(blocks.get(end - 1))) {
            end--;
        }
        return blocks.subList(start, end);
    }

    /// A heading needs something below it, before the next heading of its own rank.
    private static List<Block> withoutLonelyHeadings(List<Block> blocks) {
        Set<Integer> lonely = new HashSet<>();
        for (int i = 0; i < blocks.size(); i++) {
            if (blocks.get(i).kind() == Kind.HEADING && !hasText(blocks, i)) {
                lonely.add(i);
            }
        }
        List<Block> kept = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            if (!lonely.contains(i)) {
                kept.add(blocks.get(i));
            }
        }
        return kept;
    }

    private static boolean hasText(List<Block> blocks, int heading) {
        int level = blocks.get(heading).level();
        for (int i = heading + 1; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            if (block.kind() != Kind.HEADING) {
                return true;
            }
            if (block.level() <= level) {
                return false;
            }
        }
        return false;
    }

    private static int words(List<Block> blocks) {
        return blocks.stream().mapToInt(Block::words).sum();
    }

    private static String render(List<Block> blocks) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            if (i > 0) {
                boolean together = block.kind() == blocks.get(i - 1).kind()
                        && (block.kind() == Kind.ITEM || block.kind() == Kind.ROW);
                text.append(together ? "\n" : "\n\n");
            }
            text.append(block.kind() == Kind.ITEM ? "- " : "").append(block.text());
        }
        return text.toString();
    }
}
