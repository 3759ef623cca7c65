package org.millrace.inference.http;

import org.millrace.inference.Drawn;

/// Sees what is said in a reply.
interface Witness {

    Witness NOBODY = new Witness() {
        @Override
        public void drawn(int choice, Drawn token) {
            // Most replies are for their caller alone.
        }

        @Override
        public void end() {
            // As above.
        }
    };

    void drawn(int choice, Drawn token);

    /// All answers are whole; the caller is told only afterwards.
    void end();
}
