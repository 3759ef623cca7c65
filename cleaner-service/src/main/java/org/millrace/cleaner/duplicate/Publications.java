package org.millrace.cleaner.duplicate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.duplicate.Change.Drop;
import org.millrace.cleaner.duplicate.Change.OfPage;
import org.millrace.cleaner.duplicate.Change.Page;
import org.millrace.cleaner.duplicate.Change.Publish;
import org.millrace.cleaner.duplicate.Change.Restore;
import org.millrace.cleaner.duplicate.Change.TakeBack;
import org.millrace.cleaner.duplicate.Entries.Standing;
import org.millrace.cleaner.duplicate.Entries.Text;
import org.millrace.cleaner.duplicate.Entries.Winner;
import org.millrace.cleaner.language.Tokens;
import org.millrace.cleaner.rule.Breach;

/// Which texts are published, under which id and address, and what has to be said when that changes.
///
/// Each winner claims the id of what is left of its text. Of the claimants of an id the one with the smallest
/// URL is published.
final class Publications {

    private static final String NEAR = "near-duplicate";
    private static final String PARAGRAPHS = "paragraph-duplicates";

    private final Entries entries;
    private final Boilerplate boilerplate;
    private final Texts texts;
    private final int minimumWords;

    /// What one proposal changed below the publications.
    ///
    /// @param page that was proposed
    /// @param number of its text
    /// @param previous page that stood for that text until now; `page` itself if none did
    /// @param winner of the cluster of that text
    /// @param fallen texts that are winners no more, beaten by `winner`
    /// @param standing winners whose published form may be another one now
    record Step(
            Page page,
            int number,
            Page previous,
            int winner,
            Collection<Integer> fallen,
            Collection<Integer> standing) {}

    /// A winner's text as it is to be published.
    ///
    /// @param id empty if too little is left
    /// @param text null if nothing was left out
    private record Form(String id, @Nullable String text, int removed, int words) {}

    private record Published(int number, Page page) {}

    Publications(Entries entries, Boilerplate boilerplate, Texts texts, int minimumWords) {
        this.entries = entries;
        this.boilerplate = boilerplate;
        this.texts = texts;
        this.minimumWords = minimumWords;
    }

    List<Change> settle(Step step) {
        Map<Integer, Form> forms = new HashMap<>();
        Set<String> touched = claim(step, forms);
        Map<String, Published> before = new LinkedHashMap<>();
        Set<Page> after = new LinkedHashSet<>();
        List<Change> changes = new ArrayList<>();
        for (String id : touched) {
            Optional<Published> old = published(id, step);
            old.ifPresent(was -> before.put(id, was));
            Optional<Published> now = best(id);
            now.ifPresent(is -> after.add(is.page));
            if (!old.equals(now)) {
                changes.addAll(change(id, old, now, step, forms));
            }
        }
        for (Published was : before.values()) {
            if (!after.contains(was.page)) {
                changes.add(dropped(was, step, forms));
            }
        }
        if (step.winner == step.number && !after.contains(step.page)) {
            changes.add(dropped(new Published(step.number, step.page), step, forms));
        }
        return changes;
    }

    /// Brings the claims up to date.
    ///
    /// @param forms of the standing winners, filled here
    /// @return the ids that are claimed by others than before, or from elsewhere
    private Set<String> claim(Step step, Map<Integer, Form> forms) {
        Set<String> touched = new LinkedHashSet<>();
        for (int number : step.standing) {
            Winner winner = entries.winner(number).orElseThrow();
            touched.add(winner.claim());
            Optional<Form> form = form(number, winner);
            if (form.isEmpty() || (!form.get().id.equals(winner.claim()) && !isReadable(number, step))) {
                continue; // the log has forgotten the text: what was published of it stays as it is
            }
            forms.put(number, form.get());
            touched.add(form.get().id);
            if (!form.get().id.equals(winner.claim())) {
                entries.removeWinner(number, winner);
                entries.put(number, new Winner(form.get().id, winner.paragraphs()));
            }
        }
        for (int number : step.fallen) {
            Winner winner = entries.winner(number).orElseThrow();
            touched.add(winner.claim());
            entries.removeWinner(number, winner);
        }
        touched.remove("");
        return touched;
    }

    private Optional<Form> form(int number, Winner winner) {
        Text text = entries.text(number);
        Set<Long> shared = boilerplate.of(text.page().url(), winner.paragraphs());
        if (shared.isEmpty()) {
            return Optional.of(new Form(text.id(), null, 0, minimumWords));
        }
        return texts.at(text.page().position()).map(whole -> {
            Paragraphs.Rest rest = Paragraphs.without(whole, shared);
            int words = Tokens.of(rest.text()).words();
            return new Form(
                    words < minimumWords ? "" : Bytes.hex(Bytes.sha256(rest.text())),
                    rest.text(),
                    rest.removed(),
                    words);
        });
    }

    private boolean isReadable(int number, Step step) {
        return number == step.number
                || texts.at(entries.text(number).page().position()).isPresent();
    }

    private Optional<Published> published(String id, Step step) {
        return entries.standing(id).map(standing -> {
            boolean moved = standing.number() == step.number && standing.position() == step.previous.position();
            return new Published(
                    standing.number(),
                    moved ? step.previous : entries.text(standing.number()).page());
        });
    }

    private Optional<Published> best(String id) {
        return entries.claimants(id).stream()
                .map(number -> new Published(number, entries.text(number).page()))
                .min(Comparator.comparing((Published claimant) -> claimant.page.url())
                        .thenComparing(claimant -> entries.text(claimant.number).id()));
    }

    private List<Change> change(
            String id, Optional<Published> old, Optional<Published> now, Step step, Map<Integer, Form> forms) {
        if (now.isEmpty()) {
            Published was = old.orElseThrow();
            entries.removeStanding(id);
            entries.takeBack(id, was.page.url());
            boolean fell = step.fallen.contains(was.number);
            return List.of(new TakeBack(id, claim(fell ? step.winner : was.number), fell ? NEAR : PARAGRAPHS));
        }
        Published is = now.get();
        entries.put(id, new Standing(is.number, is.page.position()));
        List<Change> changes = new ArrayList<>();
        Optional<String> takenBack = entries.takenBack(id).map(url -> url.isEmpty() ? is.page.url() : url);
        if (takenBack.isPresent()) {
            entries.restore(id);
            changes.add(new Restore(id));
        }
        Optional.ofNullable(forms.get(is.number))
                .or(() -> form(is.number, entries.winner(is.number).orElseThrow()))
                .filter(of -> of.id.equals(id)) // or it claims what it was when the log forgot its text
                .ifPresent(of -> changes.add(new Publish(
                        is.page,
                        id,
                        of.text,
                        of.removed,
                        old.map(was -> was.page.url()).or(() -> takenBack).orElse(""))));
        return changes;
    }

    private Drop dropped(Published page, Step step, Map<Integer, Form> forms) {
        if (step.fallen.contains(page.number)) {
            return beaten(page.page, page.number, step.winner);
        }
        if (!claim(page.number).isEmpty()) {
            return equal(page.page, page.number);
        }
        return repeated(page.page, Objects.requireNonNull(forms.get(page.number), "a claim changed without a form"));
    }

    /// What stands about a page now.
    ///
    /// @param number of its text
    /// @param winner of the cluster of that text
    OfPage verdict(Page page, int number, int winner) {
        if (winner != number) {
            return beaten(page, number, winner);
        }
        String id = claim(number);
        boolean standsForText = entries.text(number).page().equals(page);
        if (!standsForText
                || (!id.isEmpty() && entries.standing(id).orElseThrow().number() != number)) {
            return equal(page, number);
        }
        Form form = form(number, entries.winner(number).orElseThrow())
                .orElseThrow(() -> new IllegalStateException("text of " + page + " is not kept any more"));
        return id.isEmpty() ? repeated(page, form) : new Publish(page, id, form.text, form.removed, "");
    }

    /// A page of which too little is its own.
    private Drop repeated(Page page, Form form) {
        return new Drop(
                page,
                new Breach(
                        PARAGRAPHS,
                        form.words + " words that other pages have not",
                        "at least " + minimumWords + " words"),
                "");
    }

    /// A page whose text stands elsewhere too.
    Drop equal(Page page, int number) {
        return new Drop(
                page, new Breach("exact-duplicate", "equal text", "new text, or the smallest URL"), claim(number));
    }

    /// A page whose text lost against another of its cluster.
    Drop beaten(Page page, int number, int winner) {
        return new Drop(
                page,
                new Breach(
                        NEAR,
                        String.format(
                                Locale.ROOT,
                                "%d characters",
                                entries.text(number).characters()),
                        String.format(
                                Locale.ROOT,
                                "no band of 14 equal (about 0.72), or longer than %d characters",
                                entries.text(winner).characters())),
                claim(winner));
    }

    /// Id under which a winner's text is kept; empty if it is not.
    private String claim(int winner) {
        return entries.winner(winner).map(Winner::claim).orElse("");
    }
}
