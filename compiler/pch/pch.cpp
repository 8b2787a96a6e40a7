// Anchor of the precompiled header (pch.h).
