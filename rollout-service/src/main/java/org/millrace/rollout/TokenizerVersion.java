package org.millrace.rollout;

/// Whose ids a policy reads and draws.
///
/// @param name empty if the policy does not say
/// @param version from 1; 0 if the policy does not say
public record TokenizerVersion(String name, long version) {}
