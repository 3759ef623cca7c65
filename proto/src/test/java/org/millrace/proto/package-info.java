/// Guards of the contracts: nobody stumbles over a change, and no field is without its meaning.
@NullMarked
package org.millrace.proto;

import org.jspecify.annotations.NullMarked;
