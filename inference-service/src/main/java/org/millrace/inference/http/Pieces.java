package org.millrace.inference.http;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The choices of one reply as they grow, and what of them is due: the first token of a choice and its last at once,
/// with what waits of that choice, and what lies between at a beat.
final class Pieces {

    private final List<Piece> pieces = new ArrayList<>(); // by choice: what has not been taken
    private final BitSet begun = new BitSet(); // choices of which something was taken

    Pieces(int choices) {
        for (int choice = 0; choice < choices; choice++) {
            pieces.add(new Piece());
        }
    }

    Piece of(int choice) {
        return pieces.get(choice);
    }

    /// All that has not been taken, by choice.
    List<Piece> all() {
        return List.copyOf(pieces);
    }

    /// Takes what is due.
    ///
    /// @param beat whether all is that has come
    /// @return by choice, none of them without a token
    SortedMap<Integer, Piece> take(boolean beat) {
        SortedMap<Integer, Piece> due = new TreeMap<>();
        for (int choice = 0; choice < pieces.size(); choice++) {
            Piece piece = pieces.get(choice);
            boolean urgent = !begun.get(choice) || piece.finish() != null;
            if (!piece.tokens().isEmpty() && (beat || urgent)) {
                due.put(choice, piece);
                pieces.set(choice, piece.next());
                begun.set(choice);
            }
        }
        return due;
    }
}
