package org.millrace.inference;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Utf8Stream;
import org.millrace.inference.tool.Aside;
import org.millrace.inference.tool.CallForm;
import org.millrace.inference.tool.Prospect;
import org.millrace.inference.tool.Toolbox;
import org.millrace.inference.tool.Toolbox.Fate;

/// One answer as its tokens come, taken apart: what the assistant says, what it asks of tools, and what the calculator
/// says.
///
/// ```text
/// text ─begin─▶ call ─end─▶ of the calculator: its result is forced ─▶ text
///                        ├▶ of a tool that the caller has: passed on; in our own form the answer waits for it
///                        └▶ of nothing that is there: text
/// ```
///
/// Stop texts are looked for in text alone, and never over a call. Blanks between calls and behind them are no text.
final class AnswerParts {

    /// What became certain with a token.
    ///
    /// @param text comes before the asides
    record Said(String text, List<Aside> asides) {

        static final Said NOTHING = new Said("", List.of());

        Said and(Said more) {
            List<Aside> all = new ArrayList<>(asides);
            all.addAll(more.asides);
            return new Said(text + more.text, all);
        }
    }

    private final Tokenizer tokenizer;
    private final Toolbox tools;
    private final AnswerText text;
    private final Deque<Integer> forced = new ArrayDeque<>();
    private @Nullable Utf8Stream characters; // of a call, within one
    private final StringBuilder call = new StringBuilder();
    private final List<Integer> ids = new ArrayList<>(); // of a call that nothing will mark the end of
    private @Nullable Prospect prospect; // of the same
    private final StringBuilder blanks = new StringBuilder(); // behind a call, before more text
    private boolean behindCall;
    private String result = "";
    private boolean begun;
    private boolean called;
    private boolean waits;

    AnswerParts(Tokenizer tokenizer, List<String> stops, Toolbox tools) {
        this.tokenizer = tokenizer;
        this.tools = tools;
        this.text = new AnswerText(tokenizer.stream(), stops);
        if (tools.begun()) {
            open();
        }
    }

    /// The token that comes next, whatever the model would draw; `null`: what it draws.
    @Nullable
    Integer forced() {
        return forced.peek();
    }

    /// True once a stop text has come; what follows is not part of the answer.
    boolean isStopped() {
        return text.isStopped();
    }

    /// True if some tool of the caller was called.
    boolean hasCalled() {
        return called;
    }

    /// True if the answer goes no further without what a tool of the caller says.
    boolean waits() {
        return waits;
    }

    Said add(int token) {
        if (!forced.isEmpty()) {
            forced.remove();
            return forced.isEmpty() ? new Said("", List.of(new Aside.Result(result))) : Said.NOTHING;
        }
        CallForm form = tools.form();
        if (form == null) {
            return said(text.add(token));
        }
        if (characters != null) {
            if (token == form.end()) {
                return close(form);
            }
            String more = characters.add(token);
            call.append(more);
            ids.add(token);
            return prospect == null || prospect.add(more) ? Said.NOTHING : giveUp();
        }
        if (token == form.begin()) {
            Said before = said(text.end());
            open();
            return before;
        }
        if (form.isWholeAnswer() && !begun && beginsJson(token)) {
            return add(token);
        }
        return said(text.add(token));
    }

    /// A call without marks is known by its first character.
    private boolean beginsJson(int token) {
        String first = tokenizer.decode(token).stripLeading();
        begun |= !first.isEmpty();
        if (first.startsWith("{")) {
            open();
        }
        return characters != null;
    }

    /// What is left when no token comes any more. An expression without its end is text.
    Said end() {
        Said rest = Said.NOTHING;
        if (characters != null) {
            rest = tools.fate(called()) instanceof Fate.Passed passed ? pass(passed) : say(call.toString());
        }
        return text.isStopped() ? rest : rest.and(said(text.end()));
    }

    private void open() {
        characters = tokenizer.stream();
        call.setLength(0);
        ids.clear();
        prospect = tools.form() != null && tools.form().isWholeAnswer() ? new Prospect(tools.names()) : null;
        begun = true;
    }

    private Said close(CallForm form) {
        waits = tools.begun();
        return switch (tools.fate(called())) {
            case Fate.Passed passed -> {
                waits |= tools.single() || form.takesOutput();
                yield pass(passed);
            }
            case Fate.Computed(String expression, String output) -> {
                result = output;
                forced.add(form.outputBegin());
                Arrays.stream(tokenizer.encode(output)).forEach(forced::add);
                forced.add(form.outputEnd());
                yield new Said("", List.of(new Aside.Expression(expression)));
            }
            case Fate.Text() -> say(call.toString());
        };
    }

    /// All that the call says; it is over.
    private String called() {
        if (characters != null) {
            call.append(characters.end());
        }
        characters = null;
        return call.toString();
    }

    /// It cannot become a call: its tokens are text, in which stop texts count.
    private Said giveUp() {
        characters = null;
        var certain = new StringBuilder();
        for (int i = 0; i < ids.size() && !text.isStopped(); i++) {
            certain.append(text.add(ids.get(i)));
        }
        return said(certain.toString());
    }

    private Said pass(Fate.Passed passed) {
        called = true;
        behindCall = true;
        blanks.setLength(0);
        return new Said("", List.of(new Aside.Asked(passed.call(), passed.text())));
    }

    private Said say(String more) {
        return said(text.say(more));
    }

    /// Blanks behind a call wait for what makes them text.
    private Said said(String certain) {
        if (!behindCall) {
            return new Said(certain, List.of());
        }
        blanks.append(certain);
        if (blanks.toString().isBlank()) {
            return Said.NOTHING;
        }
        behindCall = false;
        return new Said(blanks.toString(), List.of());
    }
}
