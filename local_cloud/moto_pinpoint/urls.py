"""Routes of moto's Pinpoint and of the voice channel."""

from moto.pinpoint import urls

from .responses import VoiceChannelResponse

url_bases = urls.url_bases

url_paths = {
    **urls.url_paths,
    "{0}/v1/apps/(?P<app_id>[^/]+)/channels/voice$": VoiceChannelResponse.dispatch,
}
