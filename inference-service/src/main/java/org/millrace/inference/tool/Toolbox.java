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
/// @param single whether it ends with its first call, also where the form has place for several
public record Toolbox(@Nullable CallForm form, boolean calculator, Set<String> names, boolean begun, boolean single) {

    public static final Toolbox NONE = new Toolbox(null, false, Set.of(), false, false);

    /// What becomes of a call.
    public sealed interface Fate {
        /// The caller has this tool.
        ///
        /// @param text as a turn has it
        record Passed(Call call, String text) implements Fate {}

        /// The calculator has worked it out, or says why not.
        ///
        /// @param text as it was drawn; of nothing, a call that says so
        record Computed(String text, String result) implements Fate {}

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
            // where calls are turns as they are drawn, the next prompt finds this one in the cache
            return new Fate.Passed(
                    call.get(),
                    form != null && form.takesOutput() ? text : call.get().json());
        }
        if (!calculator) {
            return new Fate.Text();
        }
        if (call.isPresent() && call.get().expression().isEmpty()) {
            return new Fate.Computed(text, "error: there is no such tool");
        }
        String expression = call.flatMap(Call::expression).orElse(text).strip();
        String turn = text.isEmpty() ? Call.ofCalculator(text).text() : text; // which no turn may be
        return new Fate.Computed(turn, Calculator.result(expression));
    }
}
