package org.millrace.cleaner.duplicate;

import java.util.Optional;

/// The texts of proposals that were added before; the index holds none.
@FunctionalInterface
public interface Texts {

    /// @param position as in [Proposal]
    /// @return empty if it is not kept any more
    Optional<String> at(long position);
}
