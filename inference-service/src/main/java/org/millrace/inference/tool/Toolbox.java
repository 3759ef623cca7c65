package org.millrace.inference.tool;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What one answer may call.
///
/// @param form how this model writes calls; `null`: whatever it writes is text
/// @param calculator whether expressions are worked out
/// @param names of the tools that the caller has
/// @param begun whether the prompt has opened a call already, with which the answer ends
public record Toolbox(@Nullable CallForm form, boolean calculator, Set<String> names, boolean begun) {

    public static final Toolbox NONE = new Toolbox(null, false, Set.of(), false);

    /// What becomes of a call.
    public sealed interface Fate {
        /// The caller has this tool.
        record Passed(Call call) implements Fate {}

        /// The calculator has worked it out, or says why not.
        record Computed(String expression, String result) implements Fate {}

        /// It is no call of anything that is there.
        record Text() implements Fate {}
    }

    public Toolbox {
        names = Set.copyOf(names);
    }

    /// Tokens that may end an answer which is a call and nothing else.
    public Set<Integer> closing() {
        return begun && form != null && !form.isWholeAnswer() ? Set.of(form.end()) : Set.of();
    }

    /// @param text what stands between the tokens of a call
    public Fate fate(String text) {
        Optional<Call> call = Call.read(text);
        if (call.isPresent() && names.contains(call.get().name())) {
            return new Fate.Passed(call.get());
        }
        if (!calculator) {
            return new Fate.Text();
        }
        if (call.isPresent() && call.get().expression().isEmpty()) {
            return new Fate.Computed(text, "error: there is no such tool");
        }
        String expression = call.flatMap(Call::expression).orElse(text).strip();
        return new Fate.Computed(expression, Calculator.result(expression));
    }
}
