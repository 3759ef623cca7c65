@NullMarked
package org.millrace.crawler.grpc;

import org.jspecify.annotations.NullMarked;
