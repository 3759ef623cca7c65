package org.millrace.cleaner.duplicate;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.millrace.cleaner.duplicate.Boilerplate.Holding;
import org.millrace.cleaner.duplicate.Clusters.Joined;
import org.millrace.cleaner.duplicate.Entries.Text;
import org.millrace.cleaner.duplicate.Entries.Winner;
import org.millrace.cleaner.duplicate.Publications.Step;

/// The texts that were proposed so far, and which of them are kept.
///
/// What is kept is a function of the *set* of proposals, whatever their order:
///
/// 1. Of pages with equal text, the one with the smallest URL stands for the text.
/// 2. Texts that share one of 14 bands of their signatures form clusters, as connected components. The
///    longest text stands for its cluster, then the one with the smallest id.
/// 3. A paragraph near the edges of that text is left out if it stands near the edges of several such
///    texts of the same host. If too few words are left, the cluster keeps nothing.
/// 4. Of texts that are equal after that, the one with the smallest URL is published.
///
/// Since proposals come one by one, each may change what was published before: [#add] says how. A text
/// that lost against another of its cluster never comes back, because clusters only grow and the order
/// of step 2 is total; steps 3 and 4 may bring a published form back.
///
/// Changes are seen at once, and stored by [#keep]; until then [#forget] undoes them. For one thread.
public final class Duplicates {

    private final Overlay overlay;
    private final Entries entries;
    private final Clusters clusters;
    private final Boilerplate boilerplate;
    private final Publications publications;

    /// @param paragraphDocuments texts of a host that make a shared paragraph boilerplate, at least 2; 0:
    ///     paragraphs are never left out
    /// @param minimumWords that must be left of a text without its boilerplate
    public record Settings(int paragraphDocuments, int minimumWords) {

        public Settings {
            if (paragraphDocuments < 0 || paragraphDocuments == 1) {
                throw new IllegalArgumentException(
                        "paragraphDocuments: expected 0 or at least 2, got " + paragraphDocuments);
            }
        }
    }

    public Duplicates(Store store, Texts texts, Settings settings) {
        overlay = new Overlay(store);
        entries = new Entries(overlay);
        clusters = new Clusters(entries);
        boilerplate = new Boilerplate(entries, settings.paragraphDocuments());
        publications = new Publications(entries, boilerplate, texts, settings.minimumWords());
    }

    /// Takes the next proposal in.
    ///
    /// @return what to do about it, in this order; one of them is about the page that was proposed
    public List<Change> add(Proposal proposal) {
        skip(proposal.position() + 1);
        OptionalInt known = entries.number(proposal.id());
        return known.isPresent() ? again(known.getAsInt(), proposal) : first(proposal);
    }

    /// What stands about a page that was added, after all that was added since. The order of the proposals does
    /// not show in it.
    ///
    /// @param id of the text as it was proposed
    public Change.OfPage verdict(String id, Change.Page page) {
        int number = entries.number(id)
                .orElseThrow(() -> new IllegalArgumentException("id: expected a proposed text, got " + id));
        return publications.verdict(page, number, clusters.winner(number));
    }

    /// Takes notice that there is no proposal below this position besides those that were added.
    public void skip(long position) {
        if (position < entries.position()) {
            throw new IllegalArgumentException(
                    "position: expected at least " + entries.position() + ", got " + position);
        }
        entries.putPosition(position);
    }

    private List<Change> first(Proposal proposal) {
        Change.Page page = new Change.Page(proposal.position(), proposal.url());
        int number = entries.add(new Text(proposal.id(), proposal.characters(), page));
        long[] bands = MinHash.bands(proposal.signature());
        Holding own = Holding.of(number, proposal.url(), proposal.paragraphs());
        entries.expect(proposal.id(), bands, own.keys());
        Joined joined = clusters.join(number, bands);
        List<Holding> beaten = new ArrayList<>();
        for (int loser : joined.beaten()) {
            Winner was = entries.winner(loser).orElseThrow();
            beaten.add(Holding.of(loser, entries.text(loser).page().url(), was.paragraphs()));
        }
        boolean wins = joined.winner() == number;
        List<Holding> won = wins ? List.of(own) : List.of();
        Set<Integer> standing = new TreeSet<>(boilerplate.exchange(beaten, won));
        if (wins) {
            entries.put(number, new Winner("", proposal.paragraphs()));
            standing.add(number);
        }
        List<Integer> fallen = beaten.stream().map(Holding::number).toList();
        List<Change> changes = publications.settle(new Step(page, number, page, joined.winner(), fallen, standing));
        if (!wins) {
            changes.add(publications.beaten(page, number, joined.winner()));
        }
        return changes;
    }

    /// An equal text, from another address or once more from the same.
    private List<Change> again(int number, Proposal proposal) {
        Change.Page page = new Change.Page(proposal.position(), proposal.url());
        Text text = entries.text(number);
        int winner = clusters.winner(number);
        boolean moves = proposal.url().compareTo(text.page().url()) < 0;
        if (moves) {
            entries.put(number, new Text(text.id(), text.characters(), page));
        }
        if (winner != number) {
            return List.of(publications.beaten(page, number, winner));
        }
        if (!moves) {
            return List.of(publications.equal(page, number));
        }
        long[] paragraphs = entries.winner(number).orElseThrow().paragraphs();
        Set<Integer> standing = new TreeSet<>(boilerplate.exchange(
                List.of(Holding.of(number, text.page().url(), paragraphs)),
                List.of(Holding.of(number, proposal.url(), paragraphs))));
        standing.add(number);
        return publications.settle(new Step(page, number, text.page(), winner, List.of(), standing));
    }

    /// Stores all changes since the last time. If the process ends meanwhile, none of them is.
    public void keep() {
        overlay.write();
    }

    /// Undoes all changes that are not stored.
    public void forget() {
        overlay.forget();
    }

    /// Forgets everything for good, and is about the named log from here on.
    public void beginAnew(String log) {
        overlay.clear();
        entries.putLog(log);
        overlay.write(); // what is gone cannot be undone, so the name must not be either
    }

    /// As it was given to [#beginAnew]; empty if it never was.
    public String log() {
        return entries.log();
    }

    /// What lies below it is in the index.
    public long position() {
        return entries.position();
    }

    /// Number of different texts.
    public int size() {
        return entries.size();
    }

    /// Number of entries that are changed and not stored.
    public int unstored() {
        return overlay.size();
    }
}
