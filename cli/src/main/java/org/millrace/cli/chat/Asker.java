package org.millrace.cli.chat;

import org.millrace.proto.events.v1.Message;

/// Who asks: writes lines, and is shown what the model says and what there is to tell besides.
public interface Asker {

    /// What was written.
    sealed interface Written {}

    record Line(String text) implements Written {}

    /// Ctrl-C.
    ///
    /// @param dropped what stood in the line
    record Interrupted(String dropped) implements Written {}

    record End() implements Written {}

    /// @param goesOn whether the line before was not the question's last
    Written next(boolean goesOn);

    /// The model is about to speak.
    void begins();

    void hears(Message piece);

    /// The model has spoken.
    void ended(String figures);

    /// What the model did not say.
    void told(String remark);
}
