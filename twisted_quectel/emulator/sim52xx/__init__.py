"""The emulated SIM52xx modules of SIMCom.

Written from the SIM52xx SSL Application Note v0.01; what that note leaves to others
(PDP context, plain TCP, files) from what public drivers of the SIM5320 do.
"""
