package org.millrace.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Who joins a batch between two steps, and what of their prompts is read then. Of the engine's thread.
///
/// At most a budget of tokens is read: a chunk while nothing is drawn, else what its [Pace] says. Whose prompt fits
/// it gets the first token before the step that follows the one under way (with that step if some row holds the
/// prompt), unless others who came before take the budget. Behind them come pieces of prompts that do not fit: of one
/// that fits a chunk first, of one that does not behind it. Each has what the others left of the budget, an eighth
/// at least. So nobody waits for a prompt that is longer than a chunk, but who brings another one or begins alike.
final class Admission {

    private final Backlog backlog;
    private final Batch batch;
    private final int slots;
    private final int chunk;
    private final Pace pace;
    private final Runnable arrival;

    /// Who joins now and whose prompt must be read.
    private final List<Slot> fresh = new ArrayList<>();

    /// Who joins now and whose prompt is among those that must be read.
    private final List<Slot> siblings = new ArrayList<>();

    /// Seen since the last step: they do not fit the budget, and wait for one like them that is being read.
    private final Set<Generation> tooLong = new HashSet<>();

    /// On its way from the queue to its place.
    private @Nullable Slot arriving;

    /// Prompt tokens that are read together at most.
    private int budget;

    /// @param arrival hears of each answer that leaves the backlog, before anybody can see that it has
    Admission(Backlog backlog, Batch batch, Engine.Limits limits, Pace pace, Runnable arrival) {
        this.backlog = backlog;
        this.batch = batch;
        this.slots = limits.slots();
        this.chunk = limits.chunk();
        this.pace = pace;
        this.arrival = arrival;
    }

    /// @param inPieces whether prompts that do not fit may be read, too
    /// @return prompt tokens that were read
    int admit(boolean inPieces) {
        tooLong.clear();
        letGo();
        if (batch.isEmpty()) {
            pace.begin();
        }
        int read = 0;
        int before;
        do {
            before = read;
            read += join(read);
        } while (before < read);
        if (inPieces) {
            read += feed(read, true);
            while (before < read) { // whoever was read to the end made room for another
                before = read;
                read += join(read);
                read += feed(read, false);
            }
        }
        return read;
    }

    /// Feeds prompts that do not fit, one after the other.
    ///
    /// @param read tokens that were, since the last step
    /// @param least whether each gets its least, even if nothing is left
    /// @return tokens that were fed
    private int feed(int read, boolean least) {
        int fed = 0;
        for (Reading reading : inTurn()) {
            int most = Math.max(left(read + fed), least ? leastOfAPiece() : 0);
            while (most > 0 && !reading.isDone()) {
                int piece = most;
                fed += pace.read(() -> batch.feed(reading, piece));
                most = left(read + fed);
            }
        }
        return fed;
    }

    private int leastOfAPiece() {
        return batch.isEmpty() ? Math.ceilDiv(chunk, 8) : pace.piece();
    }

    /// Who is read in pieces: those that fit a chunk first.
    private List<Reading> inTurn() {
        return batch.aside().stream()
                .sorted(Comparator.comparing(reading -> isLong(reading.slot(), reading.known())))
                .toList();
    }

    /// Of prompts whose callers have gone.
    void letGo() {
        batch.aside().stream().filter(reading -> reading.slot().isFinished()).forEach(batch::takeBack);
    }

    /// What may be read before the next step: a chunk if nobody waits for tokens meanwhile.
    ///
    /// @param read tokens that were
    private int left(int read) {
        return batch.isEmpty() ? chunk - read : pace.left(read);
    }

    /// Takes those who may join now out of the backlog, in turn, and reads their prompts, but for those that do not
    /// fit.
    ///
    /// @param before tokens that were read since the last step
    /// @return tokens that were read now, padding included
    private int join(int before) {
        budget = batch.isEmpty() ? chunk : pace.tokens();
        int read = 0;
        for (Slot slot = next(left(before)); slot != null; slot = next(left(before + read))) {
            read += place(slot);
            arriving = null;
        }
        if (!fresh.isEmpty()) {
            read += pace.read(() -> batch.read(fresh, siblings));
            fresh.clear();
            siblings.clear();
        }
        return read;
    }

    /// @return tokens that were read for it
    private int place(Slot slot) {
        int known = batch.known(slot);
        if (isFresh(slot)) {
            siblings.add(slot);
        } else if (isHeld(slot, known)) {
            batch.repeat(slot);
        } else if (!fits(slot, known)) {
            batch.setAside(slot, known);
        } else if (known > 0) {
            return pace.read(() -> batch.readRest(slot, known));
        } else {
            fresh.add(slot);
        }
        return 0;
    }

    private @Nullable Slot next(int left) {
        if (batch.size() + fresh.size() + siblings.size() + batch.aside().size() < slots) {
            backlog.take(this::mayPass, slot -> mayJoin(slot, left), slot -> {
                arriving = slot;
                arrival.run();
            });
        }
        return arriving;
    }

    /// Whether it need not wait for a prompt that is being read in pieces: it fits the budget, or is long where that
    /// one is not or the other way round; and it is not of the same request, whose samples copy what the first has
    /// read.
    private boolean mayPass(Slot slot) {
        List<Reading> aside = batch.aside();
        if (aside.isEmpty()) {
            return true;
        }
        Generation generation = slot.generation();
        if (tooLong.contains(generation)
                || aside.stream().anyMatch(reading -> reading.slot().generation() == generation)) {
            return false;
        }
        int known = batch.known(slot);
        return fits(slot, known)
                || aside.stream().noneMatch(reading -> isAlike(slot, known, reading))
                || !tooLong.add(generation);
    }

    /// Whether one waits for the other: both fit a chunk or neither does, or it will have less to read then.
    private boolean isAlike(Slot slot, int known, Reading reading) {
        if (isLong(slot, known) == isLong(reading.slot(), reading.known())) {
            return true;
        }
        int shared = Arrays.mismatch(slot.prompt(), reading.slot().prompt());
        return !slot.scoresPrompt() && (shared < 0 || shared >= Rows.LEAST + known);
    }

    /// Whether it may join before the next step, beside those whose prompts are to be read together.
    ///
    /// @param left tokens that may be read, theirs among them
    private boolean mayJoin(Slot slot, int left) {
        int known = batch.known(slot);
        if (isFresh(slot) || isHeld(slot, known) || !fits(slot, known)) {
            return true;
        }
        int own = slot.prompt().length - known;
        int longest = known > 0 ? 0 : own; // of those that are padded to one length
        for (Slot other : fresh) {
            longest = Math.max(longest, other.prompt().length);
            int shared = Arrays.mismatch(slot.prompt(), other.prompt());
            if (shared < 0 || shared >= Rows.LEAST + known) {
                return false; // when the other is read, less of this one need be, as far as they are alike
            }
        }
        return (known > 0 ? own + longest * fresh.size() : longest * (fresh.size() + 1)) <= left;
    }

    private boolean isFresh(Slot slot) {
        return Slot.indexOf(slot.generation(), fresh) >= 0;
    }

    /// @param known of its prompt
    private static boolean isHeld(Slot slot, int known) {
        return !slot.scoresPrompt() && known == slot.prompt().length - 1;
    }

    /// Whether it is read at once. One whose log-probabilities are wanted is not, as they take longer than reading.
    ///
    /// @param known of its prompt
    private boolean fits(Slot slot, int known) {
        return !slot.scoresPrompt() && slot.prompt().length - known <= budget;
    }

    /// Whether it does not even fit a chunk.
    ///
    /// @param known of its prompt
    private boolean isLong(Slot slot, int known) {
        return slot.prompt().length - known > chunk;
    }

    /// Forgets everybody.
    ///
    /// @return who was on the way to a row
    List<Slot> clear() {
        List<Slot> all = new ArrayList<>();
        if (arriving != null) {
            all.add(arriving);
        }
        all.addAll(fresh);
        all.addAll(siblings);
        arriving = null;
        fresh.clear();
        siblings.clear();
        return all;
    }
}
